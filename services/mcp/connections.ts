import type { Tool } from '@modelcontextprotocol/client';
import type { Logger } from 'pino';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { newCallRecord } from './call-record.ts';
import { authorizeRequests } from './auth/authorize-requests.ts';
import type { GrantStore } from './auth/grant-store.ts';
import { callTool } from './call-tool.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Environment } from './expand-env.ts';
import { isForgotten } from './is-forgotten.ts';
import { listUsableTools } from './list-usable-tools.ts';
import type { McpAnswer, McpAskingCall, McpAsks, McpCall } from './mcp-call.ts';
import type { McpConnections, ServerListener, ServerListing } from './mcp-connections.ts';
import type { McpError } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import { neverConnected } from './network-problem.ts';
import type { OpenClient } from './open-client.ts';
import { ServerConnection } from './server-connection.ts';
import { ServerListeners } from './server-listeners.ts';
import { toCallError } from './to-call-error.ts';
import { toServerListing } from './to-server-listing.ts';
import { wasCutOff } from './was-cut-off.ts';
import type { WaysOut, WaysOutOptions } from './ways-out.ts';
import { createWaysOut } from './ways-out.ts';
import { withinTotalTime } from './within-total-time.ts';

export type { McpConnections } from './mcp-connections.ts';

export interface McpConnectionsDeps extends WaysOutOptions {
  readonly log: Logger;
  /** For `${NAME}` in definitions and the few variables that a child process inherits. */
  readonly env: Environment;
  /** Where logins are kept. @default nobody can log in */
  readonly grants?: GrantStore;
  /**
   * Servers of the older era are told that people can be asked: calls then say how. Newer ones hear it
   * of each call. @default false
   */
  readonly asksPeople?: boolean;
  readonly limits?: {
    /** Longest answer, decompressed. @default 16 MiB */
    readonly maxResultBytes?: number;
    /** Close a connection after this long without a call, ms. @default never */
    readonly idleCloseMs?: number;
    /** Most tools of one server. @default 500 */
    readonly maxTools?: number;
  };
}

const DEFAULT_MAX_RESULT_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_TOOLS = 500;
/** Beyond the answer itself: what JSON-RPC puts around it. */
const ENVELOPE_BYTES = 1_024;

export function createMcpConnections(deps: McpConnectionsDeps): McpConnections {
  return new Connections(deps);
}

class Connections implements McpConnections {
  readonly #deps: McpConnectionsDeps;
  readonly #maxResultBytes: number;
  readonly #ways: WaysOut;
  readonly #pool = new ConnectionPool((target) => this.#create(target));
  readonly #toolsChanged: ServerListeners;
  readonly #reconnected: ServerListeners;
  /** Definitions as listed last, which the newer era's header parameters come from. */
  readonly #definitions = new WeakMap<OpenClient, ReadonlyMap<string, Tool>>();

  constructor(deps: McpConnectionsDeps) {
    this.#deps = deps;
    this.#toolsChanged = new ServerListeners(deps.log);
    this.#reconnected = new ServerListeners(deps.log);
    this.#ways = createWaysOut(deps);
    this.#maxResultBytes = deps.limits?.maxResultBytes ?? DEFAULT_MAX_RESULT_BYTES;
  }

  async listTools(target: McpTarget, signal?: AbortSignal): Promise<ServerListing> {
    const connection = this.#pool.connectionTo(target);
    const bounded = signal ?? new AbortController().signal;
    return connection.use(async () => {
      for (let again = true; ; again = false) {
        const opened = await connection.acquire(bounded, true);
        try {
          return await connection.request(opened, () => this.#list(opened, target, bounded));
        } catch (error) {
          bounded.throwIfAborted();
          const failure = this.#failure(error, opened, target, 'tools/list', newCallRecord());
          if (this.#letGo(connection, opened, error, failure) && again) continue;
          throw failure;
        }
      }
    });
  }

  call(target: McpTarget, call: McpAskingCall): Promise<McpAnswer | McpAsks>;
  call(target: McpTarget, call: McpCall): Promise<McpAnswer>;
  async call(target: McpTarget, call: McpCall | McpAskingCall): Promise<McpAnswer | McpAsks> {
    call.signal.throwIfAborted();
    const connection = this.#pool.connectionTo(target);
    return withinTotalTime(call, target.server, (signal) =>
      connection.use(() => this.#callOn(connection, target, call, signal)),
    );
  }

  onToolsChanged(listener: ServerListener): () => void {
    return this.#toolsChanged.add(listener);
  }

  onReconnected(listener: ServerListener): () => void {
    return this.#reconnected.add(listener);
  }

  health() {
    return this.#pool.health();
  }

  disconnect(tenantId: TenantId, server: ServerName): Promise<void> {
    return this.#pool.disconnect(tenantId, server);
  }

  retire(tenantId: TenantId, server: ServerName): Promise<void> {
    return this.#pool.retire(tenantId, server);
  }

  async close(): Promise<void> {
    this.#toolsChanged.clear();
    this.#reconnected.clear();
    await this.#pool.close();
  }

  async #callOn(
    connection: ServerConnection,
    target: McpTarget,
    call: McpCall | McpAskingCall,
    signal: AbortSignal,
  ): Promise<McpAnswer | McpAsks> {
    for (let attempt = 1; ; attempt += 1) {
      const opened = await connection.acquire(signal, attempt > 1);
      const record = newCallRecord();
      const definition =
        opened.prior.kind === 'modern' ? this.#definitions.get(opened)?.get(call.tool) : undefined;
      try {
        return await connection.request(opened, () =>
          callTool(opened, call, record, signal, definition),
        );
      } catch (error) {
        const failure = this.#failure(error, opened, target, call.tool, record, call.timeoutMs);
        const forgotten = this.#letGo(connection, opened, error, failure);
        if (wasCutOff(error)) failure.incident = connection.endOf(opened);
        if (!(forgotten && call.retrySafe && attempt === 1)) throw failure;
      }
    }
  }

  async #list(opened: OpenClient, target: McpTarget, signal: AbortSignal): Promise<ServerListing> {
    const { log, limits } = this.#deps;
    const maxTools = limits?.maxTools ?? DEFAULT_MAX_TOOLS;
    const tools = await listUsableTools(opened, target, { maxTools, signal, log });
    this.#definitions.set(opened, new Map(tools.map((tool) => [tool.name, tool])));
    return toServerListing(opened, tools);
  }

  /** `true`: the server forgot us before it read the request, and a new session may help. */
  #letGo(
    connection: ServerConnection,
    opened: OpenClient,
    error: unknown,
    failure: McpError,
  ): boolean {
    const forgotten = isForgotten(error, opened);
    if (forgotten || neverConnected(error)) connection.drop(opened, failure);
    return forgotten;
  }

  #failure(
    error: unknown,
    opened: OpenClient,
    target: McpTarget,
    tool: string,
    record: ReturnType<typeof newCallRecord>,
    timeoutMs = target.connectTimeoutMs,
  ): McpError {
    const maxResultBytes = this.#maxResultBytes;
    return toCallError(error, {
      server: target.server,
      tool,
      record,
      opened,
      maxResultBytes,
      timeoutMs,
    });
  }

  #create(target: McpTarget): ServerConnection {
    const access = { ways: this.#ways, grants: this.#deps.grants ?? null };
    return new ServerConnection(target, {
      log: this.#deps.log,
      env: this.#deps.env,
      policy: this.#ways[target.trust ?? 'operator'].policy,
      authorize: (transport) => authorizeRequests(target, transport, access),
      asksPeople: this.#deps.asksPeople === true,
      maxMessageBytes: this.#maxResultBytes + ENVELOPE_BYTES,
      idleCloseMs: this.#deps.limits?.idleCloseMs ?? null,
      onToolsChanged: () => this.#toolsChanged.tell(target),
      onReconnected: () => this.#reconnected.tell(target),
    });
  }
}
