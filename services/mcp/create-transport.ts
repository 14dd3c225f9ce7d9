import type { FetchLike } from '@modelcontextprotocol/client';
import { SseError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { FAILURE } from '../../common/failures.ts';
import type { OutboundPolicy } from '../net/outbound-policy.ts';
import type { Environment } from './expand-env.ts';
import { limitResponses } from './limit-response.ts';
import { McpError } from './mcp-error.ts';
import type { RemoteServer, ServerTransport } from './server-transport.ts';
import { SseTransport } from './sse-transport.ts';
import { StdioTransport } from './stdio-transport.ts';
import { TrackedTransport } from './tracked-transport.ts';
import { WebSocketTransport } from './websocket-transport.ts';

const NEVER = new Promise<never>(() => {});
/** What the SDK reports when an event stream that broke off cannot be opened again. */
const STREAM_LOST = /^(?:Failed to reconnect SSE stream|Maximum reconnection attempts)/;

export interface TransportDeps {
  readonly server: string;
  /** For the child's PATH and the like. */
  readonly env: Environment;
  readonly fetch: FetchLike;
  /** What a connection that does not go by `fetch` is judged by. */
  readonly policy: OutboundPolicy;
  readonly maxMessageBytes: number;
  readonly connectTimeoutMs: number;
  readonly redact: (text: string) => string;
  readonly onStderr: (line: string) => void;
}

/** A transport that was not started yet, and what only its kind can tell. */
export interface CreatedTransport {
  readonly transport: TrackedTransport;
  /** Why it ended, as far as is known; empty when nothing is. */
  readonly describeEnd: () => string;
  /** A message over the size limit ended the connection, and only one call can have caused it. */
  readonly endedByTooLarge: () => boolean;
  /** Resolves with the reason when the server or the session is lost though nothing was closed. */
  readonly lost: Promise<string>;
  /** Tells the server that the session is over. */
  readonly endSession: () => Promise<void>;
}

/** The SDK takes a transport with these two properties for a child process. */
class TrackedProcess extends TrackedTransport {
  readonly stderr = null;

  get pid(): number | null {
    return (this.inner as StdioTransport).pid;
  }
}

/**
 * @param transport with its variables expanded
 * @throws McpError (BadInput) for a URL that is none or has another scheme.
 */
export function createTransport(transport: ServerTransport, deps: TransportDeps): CreatedTransport {
  if (transport.kind === 'stdio') {
    const inner = new StdioTransport({ ...deps, server: transport });
    const tracked = new TrackedProcess(inner, () => inner.lastMessageBytes);
    return {
      transport: tracked,
      describeEnd: () => inner.describeEnd(),
      endedByTooLarge: () => inner.tooLarge && tracked.pendingAtClose === 1,
      lost: NEVER,
      endSession: async () => {},
    };
  }
  switch (transport.kind) {
    case 'websocket':
      return createWebSocket(transport, deps);
    case 'sse':
      return createSse(transport, deps);
    case 'http':
      return createHttp(transport, deps);
  }
}

function createWebSocket(remote: RemoteServer, deps: TransportDeps): CreatedTransport {
  const { href } = parseUrl(remote, deps.server, ['ws:', 'wss:']);
  const inner = new WebSocketTransport({ ...deps, url: href, headers: remote.headers });
  const tracked = new TrackedTransport(inner, () => inner.lastMessageBytes);
  return {
    transport: tracked,
    describeEnd: () => inner.describeEnd(),
    endedByTooLarge: () => inner.tooLarge && tracked.pendingAtClose === 1,
    lost: NEVER,
    endSession: async () => {},
  };
}

function createHttp(remote: RemoteServer, deps: TransportDeps): CreatedTransport {
  const inner = new StreamableHTTPClientTransport(parseUrl(remote, deps.server, HTTP_SCHEMES), {
    fetch: limitResponses(deps.fetch, deps.maxMessageBytes),
    requestInit: { headers: { ...remote.headers } },
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
    // Never before the time that the server asks for (`retry:`), which the delay then is; up to half
    // as long again, so that many clients of one restarted server do not return together.
    reconnectionScheduler: (reconnect, delayMs) => {
      const timer = setTimeout(reconnect, delayMs * (1 + Math.random() / 2));
      return () => clearTimeout(timer);
    },
  });
  const transport = new TrackedTransport(inner);
  const lost = Promise.withResolvers<string>();
  transport.onInnerError = ({ message }) => {
    if (STREAM_LOST.test(message)) lost.resolve(message);
  };
  return {
    transport,
    describeEnd: () => '',
    endedByTooLarge: () => false,
    lost: lost.promise,
    endSession: () => inner.terminateSession(),
  };
}

function createSse(remote: RemoteServer, deps: TransportDeps): CreatedTransport {
  let eventBytes = 0;
  let tooLarge = false;
  const inner = new SseTransport(parseUrl(remote, deps.server, HTTP_SCHEMES), {
    fetch: limitResponses(deps.fetch, deps.maxMessageBytes, (bytes) => {
      eventBytes = bytes;
      tooLarge ||= bytes > deps.maxMessageBytes;
    }),
    requestInit: { headers: { ...remote.headers } },
  });
  const transport = new TrackedTransport(inner, () => eventBytes);
  let endedBy = '';
  // A new event stream is a new session, of which the SDK's transport takes no notice.
  transport.onInnerError = (error) => {
    if (!(error instanceof SseError)) return;
    endedBy ||= `its event stream broke off (${error.message})`;
    void inner.close();
  };
  return {
    transport,
    describeEnd: () => endedBy,
    endedByTooLarge: () => tooLarge && transport.pendingAtClose === 1,
    lost: NEVER,
    endSession: async () => {},
  };
}

const HTTP_SCHEMES = ['http:', 'https:'];

function parseUrl(remote: RemoteServer, server: string, schemes: readonly string[]): URL {
  const url = URL.canParse(remote.url) ? new URL(remote.url) : null;
  if (url !== null && schemes.includes(url.protocol)) return url;
  throw new McpError(
    FAILURE.badInput,
    `The URL of server "${server}" is ${JSON.stringify(remote.url)}; a server of type "${remote.kind}" ` +
      `needs one that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}.`,
    { sent: false },
  );
}
