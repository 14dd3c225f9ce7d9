import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientUse } from './client-use.ts';
import { connectionEnded, connectionNotMade } from './connection-failures.ts';
import { ConnectionStanding } from './connection-standing.ts';
import { InFlight } from './in-flight.ts';
import { LearntEra } from './learnt-era.ts';
import type { McpError } from './mcp-error.ts';
import { isMcpError } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import type { OpenClient } from './open-client.ts';
import type { ServerOpener, ServerOpenerDeps } from './server-opener.ts';
import { createServerOpener } from './server-opener.ts';
import { unlessAborted } from './unless-aborted.ts';
import { watchChanges } from './watch-changes.ts';

export interface ServerConnectionDeps extends ServerOpenerDeps {
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
  readonly #openNew: ServerOpener;
  readonly #stop = new AbortController();
  readonly #standing = new ConnectionStanding();
  readonly #era = new LearntEra();
  readonly #clients = new ClientUse();
  readonly #inFlight: InFlight;
  #opened: OpenClient | null = null;
  #opening: Promise<OpenClient> | null = null;
  #reopening = false;
  /** Names of the ends of clients. */
  readonly #ends = new WeakMap<OpenClient, string>();

  constructor(target: McpTarget, deps: ServerConnectionDeps) {
    this.target = target;
    this.#deps = deps;
    this.#openNew = createServerOpener(target, deps);
    this.#inFlight = new InFlight(deps.idleCloseMs, () => {
      if (this.#opened !== null) this.#closeOpened();
    });
  }

  health() {
    const { state, problem, sinceMs } = this.#standing.health();
    const era = this.#opened?.era ?? null;
    return { state, problem, era, sinceMs, inFlight: this.#inFlight.count };
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
    if (this.#opening === null && !eager) this.#standing.assertMayTry();
    return unlessAborted(this.#open(), signal);
  }

  /** Runs one request on a client, which then outlives being dropped until the request is done. */
  request<T>(opened: OpenClient, send: () => Promise<T>): Promise<T> {
    return this.#clients.request(opened, send);
  }

  /** Counts as in flight while `work` runs, which keeps the connection from being closed as idle. */
  use<T>(work: () => Promise<T>): Promise<T> {
    return this.#inFlight.use(work);
  }

  /**
   * Lets go of a client that lost its server or session. What was learnt of the era is forgotten:
   * it may be another server that answers now.
   */
  drop(opened: OpenClient, error: McpError): void {
    if (this.#opened !== opened) return;
    this.#era.forget();
    this.#lost(opened, error);
    this.#clients.letGo(opened);
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
    await this.#inFlight.none();
    await this.close();
  }

  /** Resolves when nothing of it is left, processes included. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('The connection was closed.'));
    this.#inFlight.stop();
    await this.#opening?.catch(() => {});
    this.#closeOpened();
    await this.#clients.closeDropped();
  }

  #closeOpened(): void {
    const opened = this.#opened;
    this.#opened = null;
    this.#standing.enter('closed');
    if (opened !== null) this.#clients.close(opened);
  }

  #open(): Promise<OpenClient> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #connect(): Promise<OpenClient> {
    this.#standing.enter('connecting');
    try {
      const opened = await this.#openNew(this.#era.usable(), this.#stop.signal);
      this.#adopt(opened);
      return opened;
    } catch (error) {
      this.#era.forget();
      const failure = isMcpError(error) ? error : connectionNotMade(this.target.server, error);
      failure.incident = randomUUID();
      this.#standing.failed(failure, failure.incident);
      throw failure;
    }
  }

  #adopt(opened: OpenClient): void {
    const { log, onToolsChanged } = this.#deps;
    const { server } = this.target;
    this.#opened = opened;
    this.#era.learn(opened.prior);
    this.#standing.connected();
    opened.client.onclose = () => this.#onClosed(opened);
    opened.client.onerror = (error) =>
      log.debug({ server, problem: error.message }, 'MCP connection reports a problem');
    opened.client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged);
    void opened.lost.then((reason) => this.drop(opened, connectionEnded(server, reason)));
    if (opened.prior.kind === 'modern' && opened.tellsChanges) {
      const isCurrent = () => this.#opened === opened;
      void watchChanges(opened, { isCurrent, onGap: onToolsChanged, signal: this.#stop.signal });
    }
    log.debug({ server, era: opened.era }, 'MCP server connected');
    // It may have ended between the handshake and this line.
    if (opened.client.transport === undefined) this.#onClosed(opened);
  }

  /** The other side ended it. */
  #onClosed(opened: OpenClient): void {
    if (this.#opened !== opened) return;
    this.#lost(opened, connectionEnded(this.target.server, opened.describeEnd()));
    this.#clients.close(opened);
  }

  #lost(opened: OpenClient, error: McpError): void {
    this.#opened = null;
    this.#standing.lost(error, this.#nameEnd(opened));
    const { server } = this.target;
    this.#deps.log.warn({ server, problem: error.message }, 'MCP connection lost');
    void this.#reopen();
  }

  #nameEnd(opened: OpenClient): string {
    const name = this.#ends.get(opened) ?? randomUUID();
    this.#ends.set(opened, name);
    return name;
  }

  /** Tries until it is connected again or closed; what changed meanwhile is then looked up anew. */
  async #reopen(): Promise<void> {
    if (this.#reopening) return;
    this.#reopening = true;
    while (!this.#stop.signal.aborted) {
      try {
        const waitMs = Math.max(0, this.#standing.waitMs());
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
}
