import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FetchLike, PriorDiscovery } from '@modelcontextprotocol/client';
import { ProtocolError } from '@modelcontextprotocol/client';
import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import { backoffMs } from './backoff.ts';
import type { OutboundPolicy } from '../net/outbound-policy.ts';
import type { Environment } from './expand-env.ts';
import { expandTransport, redactor } from './expand-env.ts';
import { isMcpError, McpError } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import type { OpenClient } from './open-client.ts';
import { openClient } from './open-client.ts';
import type { ServerTransport } from './server-transport.ts';
import { unlessAborted } from './unless-aborted.ts';

/** A connection that held this long was a good one: the next failure is the first again. */
const STABLE_MS = 30_000;
/** An old server may have learnt the newer era since; it is asked again after this time. */
const LEGACY_VERDICT_MS = 24 * 60 * 60 * 1_000;
const LISTEN_ACK_MS = 10_000;

export type ConnectionState = 'connected' | 'connecting' | 'closed' | 'failed';

export interface ServerConnectionDeps {
  readonly log: Logger;
  readonly env: Environment;
  /** The `fetch` for its requests, made once: it keeps their tokens. */
  readonly authorize: (transport: ServerTransport) => FetchLike;
  readonly policy: OutboundPolicy;
  readonly asksPeople: boolean;
  readonly maxMessageBytes: number;
  /** Close after this long without a call, ms; `null` never does. */
  readonly idleCloseMs: number | null;
  readonly onToolsChanged: () => void;
  /** It was lost, and the server answered the handshake again. */
  readonly onReconnected: () => void;
}

/**
 * The connection to one server for one tenant: opened by whoever needs it first, shared by all,
 * opened again with backoff after it was lost.
 */
export class ServerConnection {
  readonly target: McpTarget;
  readonly #deps: ServerConnectionDeps;
  readonly #stop = new AbortController();
  #fetch: FetchLike | null = null;
  #opened: OpenClient | null = null;
  #opening: Promise<OpenClient> | null = null;
  /** Requests that run on each client. */
  readonly #users = new WeakMap<OpenClient, number>();
  /** To be closed when their last request is done. */
  readonly #dropped = new Set<OpenClient>();
  /** Clients being closed, so that `close` can wait for them. */
  readonly #closing = new Set<Promise<void>>();
  #state: ConnectionState = 'closed';
  #lastError: McpError | null = null;
  /** Names the failure of `#lastError`, for all calls that meet it. */
  #incident = '';
  /** Names of the ends of clients. */
  readonly #ends = new WeakMap<OpenClient, string>();
  #sinceMs = Date.now();
  #failures = 0;
  #nextAttemptAtMs = 0;
  #prior: { readonly value: PriorDiscovery; readonly learntAtMs: number } | null = null;
  #inFlight = 0;
  #reopening = false;
  #onRetired: (() => void) | null = null;
  #idle: NodeJS.Timeout | null = null;

  constructor(target: McpTarget, deps: ServerConnectionDeps) {
    this.target = target;
    this.#deps = deps;
  }

  health() {
    return {
      state: this.#state,
      problem: this.#lastError?.message ?? null,
      era: this.#opened?.era ?? null,
      sinceMs: this.#sinceMs,
      inFlight: this.#inFlight,
    };
  }

  /**
   * The open client, opened if need be.
   *
   * @param eager tries even while the backoff after a failure runs
   * @throws McpError why it cannot be connected; the signal's reason when the caller gave up.
   */
  async acquire(signal: AbortSignal, eager: boolean): Promise<OpenClient> {
    signal.throwIfAborted();
    if (this.#opened !== null) return this.#opened;
    if (this.#opening === null && !eager) this.#assertMayTry();
    return unlessAborted(this.#open(), signal);
  }

  /** Runs one request on a client, which then outlives being dropped until the request is done. */
  async request<T>(opened: OpenClient, send: () => Promise<T>): Promise<T> {
    this.#users.set(opened, (this.#users.get(opened) ?? 0) + 1);
    try {
      return await send();
    } finally {
      const left = (this.#users.get(opened) ?? 1) - 1;
      this.#users.set(opened, left);
      if (left === 0 && this.#dropped.delete(opened)) this.#closeClient(opened);
    }
  }

  /** Counts as in flight while `work` runs, which keeps the connection from being closed as idle. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight += 1;
    if (this.#idle !== null) clearTimeout(this.#idle);
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#onIdle();
    }
  }

  /**
   * Lets go of a client that lost its server or session. What was learnt of the era is forgotten:
   * it may be another server that answers now.
   */
  drop(opened: OpenClient, error: McpError): void {
    if (this.#opened !== opened) return;
    this.#prior = null;
    this.#lost(opened, error);
    if ((this.#users.get(opened) ?? 0) === 0) this.#closeClient(opened);
    else this.#dropped.add(opened);
  }

  /**
   * Names the end of a client for the calls that were cut off by it; `null` where a call may be cut
   * off alone, since each has a connection of its own.
   */
  endOf(opened: OpenClient): string | null {
    const shared = opened.kind === 'stdio' || opened.kind === 'websocket';
    return this.#opened === opened && !shared ? null : this.#nameEnd(opened);
  }

  /** Takes no new calls; resolves when the running ones are done and nothing is left. */
  async retire(): Promise<void> {
    const idle =
      this.#inFlight === 0 ? null : new Promise<void>((done) => (this.#onRetired = done));
    await idle;
    await this.close();
  }

  /** Resolves when nothing of it is left, processes included. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('The connection was closed.'));
    if (this.#idle !== null) clearTimeout(this.#idle);
    await this.#opening?.catch(() => {});
    const opened = this.#opened;
    this.#opened = null;
    this.#setState('closed');
    if (opened !== null) this.#closeClient(opened);
    for (const dropped of this.#dropped) this.#closeClient(dropped);
    this.#dropped.clear();
    await Promise.all(this.#closing);
  }

  #open(): Promise<OpenClient> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #connect(): Promise<OpenClient> {
    const { target } = this;
    const { log, env } = this.#deps;
    this.#setState('connecting');
    try {
      const variables = target.trust === 'tenant' ? null : env;
      const transport = expandTransport(target.transport, variables, target.server);
      const opened = await openClient({
        target,
        transport,
        deps: {
          ...this.#deps,
          fetch: (this.#fetch ??= this.#deps.authorize(transport)),
          server: target.server,
          connectTimeoutMs: target.connectTimeoutMs,
          redact: redactor(target.transport, transport),
          onStderr: (line) => log.info({ server: target.server, stream: 'stderr' }, line),
        },
        prior: this.#usablePrior(),
        asksPeople: this.#deps.asksPeople,
        signal: this.#stop.signal,
      });
      this.#adopt(opened);
      return opened;
    } catch (error) {
      this.#prior = null;
      const failure = isMcpError(error) ? error : unexpected(target.server, error);
      failure.incident = randomUUID();
      this.#noteFailure(failure, failure.incident);
      throw failure;
    }
  }

  #adopt(opened: OpenClient): void {
    const { log, onToolsChanged } = this.#deps;
    this.#opened = opened;
    this.#lastError = null;
    this.#prior = { value: opened.prior, learntAtMs: this.#prior?.learntAtMs ?? Date.now() };
    this.#setState('connected');
    opened.client.onclose = () => this.#onClosed(opened);
    opened.client.onerror = (error) =>
      log.debug(
        { server: this.target.server, problem: error.message },
        'MCP connection reports a problem',
      );
    opened.client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged);
    void opened.lost.then((reason) => this.drop(opened, this.#ended(reason)));
    if (opened.prior.kind === 'modern' && opened.tellsChanges) void this.#watchChanges(opened);
    log.debug({ server: this.target.server, era: opened.era }, 'MCP server connected');
    // It may have ended between the handshake and this line.
    if (opened.client.transport === undefined) this.#onClosed(opened);
  }

  #usablePrior(): PriorDiscovery | null {
    const prior = this.#prior;
    if (prior === null) return null;
    const stale =
      prior.value.kind === 'legacy' && Date.now() - prior.learntAtMs > LEGACY_VERDICT_MS;
    if (stale) this.#prior = null;
    return this.#prior?.value ?? null;
  }

  #assertMayTry(): void {
    const waitMs = this.#nextAttemptAtMs - Date.now();
    const last = this.#lastError;
    if (waitMs <= 0 || last === null) return;
    const refusal = new McpError(
      last.type,
      `${last.message} The next attempt is in ${waitMs} ms.`,
      {
        sent: false,
        retry: last.retry.allowed ? { allowed: true, afterMs: waitMs } : last.retry,
        cause: last,
      },
    );
    refusal.incident = this.#incident;
    throw refusal;
  }

  /** The other side ended it. */
  #onClosed(opened: OpenClient): void {
    if (this.#opened !== opened) return;
    this.#lost(opened, this.#ended(opened.describeEnd()));
    this.#closeClient(opened);
  }

  #ended(reason: string): McpError {
    const message = `Server "${this.target.server}" ended the connection`;
    return new McpError(
      FAILURE.toolUnavailable,
      reason === '' ? `${message}.` : `${message}: ${reason}.`,
      { sent: false, retry: { allowed: true, afterMs: null } },
    );
  }

  #lost(opened: OpenClient, error: McpError): void {
    const heldMs = Date.now() - this.#sinceMs;
    this.#opened = null;
    if (heldMs > STABLE_MS) this.#failures = 0;
    this.#noteFailure(error, this.#nameEnd(opened));
    this.#deps.log.warn(
      { server: this.target.server, problem: error.message },
      'MCP connection lost',
    );
    void this.#reopen();
  }

  #nameEnd(opened: OpenClient): string {
    const name = this.#ends.get(opened) ?? randomUUID();
    this.#ends.set(opened, name);
    return name;
  }

  #noteFailure(error: McpError, incident: string): void {
    this.#failures += 1;
    this.#lastError = error;
    this.#incident = incident;
    // A login is found by looking; no server is spared by waiting.
    const waitMs =
      error.type === FAILURE.toolLoginNeeded ? 0 : backoffMs(this.#failures, Math.random());
    this.#nextAttemptAtMs = Date.now() + waitMs;
    this.#setState('failed');
  }

  /** Tries until it is connected again or closed; what changed meanwhile is then looked up anew. */
  async #reopen(): Promise<void> {
    if (this.#reopening) return;
    this.#reopening = true;
    while (!this.#stop.signal.aborted) {
      try {
        const waitMs = Math.max(0, this.#nextAttemptAtMs - Date.now());
        await delay(waitMs, undefined, { signal: this.#stop.signal, ref: false });
        if (this.#opened === null) await this.#open();
        this.#deps.onReconnected();
        this.#deps.onToolsChanged();
        break;
      } catch (error) {
        // The failure is noted in `#connect`; one that will not mend by itself ends the attempts.
        if (isMcpError(error) && !error.retry.allowed) break;
      }
    }
    this.#reopening = false;
  }

  /** In the newer era changes are told only on a stream that the client opens. */
  async #watchChanges(opened: OpenClient): Promise<void> {
    for (let failures = 0; this.#opened === opened; failures += 1) {
      try {
        if (failures > 0) {
          await delay(backoffMs(failures, Math.random()), undefined, {
            signal: this.#stop.signal,
            ref: false,
          });
        }
        const subscription = await opened.client.listen(
          { toolsListChanged: true },
          { timeout: LISTEN_ACK_MS, signal: this.#stop.signal },
        );
        if (failures > 0) this.#deps.onToolsChanged();
        if ((await subscription.closed) === 'local') return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (ProtocolError.isInstance(error) && error.code === -32_601) return;
      }
    }
  }

  #onIdle(): void {
    this.#onRetired?.();
    const { idleCloseMs } = this.#deps;
    if (idleCloseMs === null) return;
    this.#idle = setTimeout(() => {
      const opened = this.#opened;
      if (opened === null || this.#inFlight > 0) return;
      this.#opened = null;
      this.#setState('closed');
      this.#closeClient(opened);
    }, idleCloseMs);
    this.#idle.unref();
  }

  #closeClient(opened: OpenClient): void {
    const closing = opened.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#sinceMs = Date.now();
  }
}

function unexpected(server: string, error: unknown): McpError {
  const message = error instanceof Error ? error.message : String(error);
  return new McpError(
    FAILURE.toolUnavailable,
    `Server "${server}" could not be connected: ${message}`,
    {
      sent: false,
      retry: { allowed: true, afterMs: null },
      cause: error,
    },
  );
}
