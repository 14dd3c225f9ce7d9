import type { PriorDiscovery, VersionNegotiationOptions } from '@modelcontextprotocol/client';
import { Client, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import type { CreatedTransport, TransportDeps } from './create-transport.ts';
import { createTransport } from './create-transport.ts';
import { answerQuestions, ASKS_PEOPLE } from './client-questions.ts';
import type { McpTarget } from './mcp-target.ts';
import type { ServerTransport } from './server-transport.ts';
import { toConnectError } from './to-connect-error.ts';

const CLIENT = { name: 'ostinato', version: '0.1.0' };
/** A server on a pipe that does not answer the question about its era within this time is an old one. */
const MAX_PROBE_MS = 5_000;
const END_SESSION_MS = 2_000;

/** One live connection. */
export interface OpenClient {
  readonly client: Client;
  readonly kind: ServerTransport['kind'];
  /** The protocol revision in use, `2025-11-25` for example. */
  readonly era: string;
  readonly serverInfo: { readonly name: string; readonly version: string } | null;
  readonly instructions: string | null;
  readonly hasTools: boolean;
  /** The server says that it tells of changes of its tools. */
  readonly tellsChanges: boolean;
  /** What was learnt of the server's era, to connect faster the next time. */
  readonly prior: PriorDiscovery;
  readonly describeEnd: () => string;
  readonly endedByTooLarge: () => boolean;
  /** Resolves with the reason when the server or the session is lost though nothing was closed. */
  readonly lost: Promise<string>;
  readonly sessionId: () => string | undefined;
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly target: McpTarget;
  /** The target's transport with its variables expanded. */
  readonly transport: ServerTransport;
  readonly deps: TransportDeps;
  readonly prior: PriorDiscovery | null;
  /** Servers are told that people can be asked. */
  readonly asksPeople: boolean;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Starts the transport, agrees on the protocol era and shakes hands.
 *
 * A server on a pipe or a socket may drop dead on the question about its era; it is then started
 * once more and greeted in the older way.
 *
 * @throws McpError (Tool.Unavailable, Tool.Timeout, Tool.BadAnswer or BadInput), with nothing left behind.
 */
export async function openClient(options: OpenOptions): Promise<OpenClient> {
  const deadline = AbortSignal.timeout(options.target.connectTimeoutMs);
  const signal = AbortSignal.any([deadline, options.signal]);
  const legacy: PriorDiscovery = { kind: 'legacy' };
  const prior = options.transport.kind === 'sse' ? legacy : options.prior;
  const first = await attempt(options, prior, signal);
  if ('client' in first) return first;
  const mayBeOld =
    prior === null &&
    options.target.protocol === 'auto' &&
    (options.transport.kind === 'stdio' || options.transport.kind === 'websocket') &&
    SdkError.isInstance(first.error) &&
    [SdkErrorCode.EraNegotiationFailed, SdkErrorCode.RequestTimeout].includes(first.error.code);
  const last = mayBeOld && !signal.aborted ? await attempt(options, legacy, signal) : first;
  if ('client' in last) return last;
  throw toConnectError(last.error, {
    target: options.target,
    ended: last.ended,
    timedOut: deadline.aborted,
  });
}

type Attempt = OpenClient | { readonly error: unknown; readonly ended: string };

async function attempt(
  { target, transport: where, deps, asksPeople }: OpenOptions,
  prior: PriorDiscovery | null,
  signal: AbortSignal,
): Promise<Attempt> {
  const created = createTransport(where, deps);
  const client = new Client(CLIENT, {
    versionNegotiation: negotiationFor(target, where),
    capabilities: asksPeople ? ASKS_PEOPLE : {},
    // What an answer asks waits for a person, longer than any process may live.
    inputRequired: { autoFulfill: false },
    // Answers are validated in a worker thread that can be killed, not here.
    jsonSchemaValidator: {
      getValidator: () => (input) => ({
        valid: true,
        data: input as never,
        errorMessage: undefined,
      }),
    },
  });
  client.onerror = () => {};
  if (asksPeople) answerQuestions(client, () => created.transport.callsUnderWay());
  try {
    await Promise.race([
      client.connect(created.transport, {
        timeout: target.connectTimeoutMs,
        signal,
        ...(prior === null ? {} : { prior }),
      }),
      rejectOnAbort(signal),
    ]);
    return toOpenClient(client, created, where.kind);
  } catch (error) {
    const ended = created.describeEnd();
    await created.transport.close().catch(() => {});
    return { error, ended: ended === '' ? created.describeEnd() : ended };
  }
}

function negotiationFor(target: McpTarget, where: ServerTransport): VersionNegotiationOptions {
  if (target.protocol === '2025-11-25') return { mode: 'legacy' };
  if (target.protocol === '2026-07-28') return { mode: { pin: '2026-07-28' } };
  const patience = where.kind === 'http' ? target.connectTimeoutMs : target.connectTimeoutMs / 3;
  return { mode: 'auto', probe: { timeoutMs: Math.min(MAX_PROBE_MS, patience) } };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function toOpenClient(
  client: Client,
  created: CreatedTransport,
  kind: ServerTransport['kind'],
): OpenClient {
  const discovered = client.getDiscoverResult();
  const info = client.getServerVersion();
  const tools = client.getServerCapabilities()?.tools;
  return {
    client,
    kind,
    era: client.getNegotiatedProtocolVersion() ?? '2025-11-25',
    serverInfo: info === undefined ? null : { name: info.name, version: info.version },
    instructions: client.getInstructions() ?? null,
    hasTools: tools !== undefined,
    tellsChanges: tools?.listChanged === true,
    prior: discovered === undefined ? { kind: 'legacy' } : { kind: 'modern', discover: discovered },
    describeEnd: created.describeEnd,
    endedByTooLarge: created.endedByTooLarge,
    lost: created.lost,
    sessionId: () => created.transport.sessionId,
    close: async () => {
      await Promise.race([
        created.endSession().catch(() => {}),
        rejectOnAbort(AbortSignal.timeout(END_SESSION_MS)).catch(() => {}),
      ]);
      await client.close().catch(() => {});
      // The client forgets a transport that ended by itself; what belongs to it may still live.
      await created.transport.close().catch(() => {});
    },
  };
}
