import type { Tool } from '@modelcontextprotocol/client';
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import type { Logger } from 'pino';
import { canonicalJson } from '../../common/canonical-json.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { newCallRecord } from './call-record.ts';
import { authorizeRequests } from './auth/authorize-requests.ts';
import type { GrantStore } from './auth/grant-store.ts';
import { callTool } from './call-tool.ts';
import type { Environment } from './expand-env.ts';
import { headerParameterProblem } from './header-parameter-problem.ts';
import { listAllTools } from './list-all-tools.ts';
import type { ListedTool } from './listed-tool.ts';
import type { McpAnswer, McpAskingCall, McpAsks, McpCall } from './mcp-call.ts';
import type { McpConnections, ServerListener, ServerListing } from './mcp-connections.ts';
import { isMcpError, McpError } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import { neverConnected } from './network-problem.ts';
import type { OpenClient } from './open-client.ts';
import { ServerConnection } from './server-connection.ts';
import { toCallError } from './to-call-error.ts';
import type { WaysOut, WaysOutOptions } from './ways-out.ts';
import { createWaysOut } from './ways-out.ts';

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
  readonly #byKey = new Map<string, ServerConnection>();
  /** Replaced by another definition, still finishing calls. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #onToolsChanged = new Set<ServerListener>();
  readonly #onReconnected = new Set<ServerListener>();
  /** Definitions as listed last, which the newer era's header parameters come from. */
  readonly #definitions = new WeakMap<OpenClient, ReadonlyMap<string, Tool>>();
  #closed = false;

  constructor(deps: McpConnectionsDeps) {
    this.#deps = deps;
    this.#ways = createWaysOut(deps);
    this.#maxResultBytes = deps.limits?.maxResultBytes ?? DEFAULT_MAX_RESULT_BYTES;
  }

  async listTools(target: McpTarget, signal?: AbortSignal): Promise<ServerListing> {
    const connection = this.#connectionTo(target);
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
    const connection = this.#connectionTo(target);
    const { maxTotalTimeoutMs } = call;
    const total = new AbortController();
    const timer = setTimeout(() => total.abort(totalTimeout(maxTotalTimeoutMs)), maxTotalTimeoutMs);
    const signal = AbortSignal.any([call.signal, total.signal]);
    try {
      return await connection.use(() => this.#callOn(connection, target, call, signal));
    } catch (error) {
      // The caller knows why it gave up; its reason must stay recognisable.
      call.signal.throwIfAborted();
      if (isMcpError(error)) throw error;
      throw new McpError(
        FAILURE.toolTimeout,
        `Server "${target.server}" was not connected when the ${maxTotalTimeoutMs} ms for the call of "${call.tool}" were over.`,
        { sent: false, retry: { allowed: true, afterMs: null }, cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  onToolsChanged(listener: ServerListener): () => void {
    this.#onToolsChanged.add(listener);
    return () => this.#onToolsChanged.delete(listener);
  }

  onReconnected(listener: ServerListener): () => void {
    this.#onReconnected.add(listener);
    return () => this.#onReconnected.delete(listener);
  }

  health() {
    return [...this.#byKey.values()].map((connection) => ({
      tenantId: connection.target.tenantId,
      server: connection.target.server,
      ...connection.health(),
    }));
  }

  async disconnect(tenantId: TenantId, server: ServerName): Promise<void> {
    const key = keyOf(tenantId, server);
    const connection = this.#byKey.get(key);
    this.#byKey.delete(key);
    await connection?.close();
  }

  async retire(tenantId: TenantId, server: ServerName): Promise<void> {
    const key = keyOf(tenantId, server);
    const connection = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (connection !== undefined) await this.#letFinish(connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = [...this.#byKey.values()];
    this.#byKey.clear();
    this.#onToolsChanged.clear();
    this.#onReconnected.clear();
    await Promise.all([...connections.map((connection) => connection.close()), ...this.#leaving]);
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
    const listed = opened.hasTools
      ? await listAllTools(opened.client, target.server, {
          maxTools: this.#deps.limits?.maxTools ?? DEFAULT_MAX_TOOLS,
          timeoutMs: target.connectTimeoutMs,
          signal,
        })
      : [];
    const tools = this.#withoutUnusable(listed, opened, target);
    this.#definitions.set(opened, new Map(tools.map((tool) => [tool.name, tool])));
    return {
      tools: tools.map(toListedTool),
      era: opened.era,
      serverInfo: opened.serverInfo,
      instructions: opened.instructions,
    };
  }

  #withoutUnusable(tools: readonly Tool[], opened: OpenClient, target: McpTarget): readonly Tool[] {
    if (opened.kind !== 'http' || opened.prior.kind === 'legacy') return tools;
    return tools.filter((tool) => {
      const problem = headerParameterProblem(tool.inputSchema as unknown as JsonObject);
      if (problem === null) return true;
      this.#deps.log.warn({ server: target.server, tool: tool.name, problem }, 'MCP tool left out');
      return false;
    });
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

  #connectionTo(target: McpTarget): ServerConnection {
    if (this.#closed) {
      throw new McpError(FAILURE.toolUnavailable, 'The MCP connections are closed.', {
        sent: false,
      });
    }
    const key = keyOf(target.tenantId, target.server);
    const known = this.#byKey.get(key);
    if (known !== undefined && sameServer(known.target, target)) return known;
    if (known !== undefined) void this.#letFinish(known);
    const access = { ways: this.#ways, grants: this.#deps.grants ?? null };
    const connection = new ServerConnection(target, {
      log: this.#deps.log,
      env: this.#deps.env,
      policy: this.#ways[target.trust ?? 'operator'].policy,
      authorize: (transport) => authorizeRequests(target, transport, access),
      asksPeople: this.#deps.asksPeople === true,
      maxMessageBytes: this.#maxResultBytes + ENVELOPE_BYTES,
      idleCloseMs: this.#deps.limits?.idleCloseMs ?? null,
      onToolsChanged: () => this.#tell(this.#onToolsChanged, target),
      onReconnected: () => this.#tell(this.#onReconnected, target),
    });
    this.#byKey.set(key, connection);
    return connection;
  }

  #letFinish(connection: ServerConnection): Promise<void> {
    const left = connection.retire().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    return left;
  }

  #tell(listeners: ReadonlySet<ServerListener>, { tenantId, server }: McpTarget): void {
    for (const listener of listeners) {
      try {
        listener(tenantId, server);
      } catch (error) {
        this.#deps.log.error({ server, error }, 'A listener to an MCP server failed');
      }
    }
  }
}

/** In the shape of the SDK's own, which looks at it only when progress comes in. */
function totalTimeout(maxTotalTimeout: number): SdkError {
  return new SdkError(SdkErrorCode.RequestTimeout, 'Maximum total timeout exceeded', {
    maxTotalTimeout,
  });
}

function keyOf(tenantId: TenantId, server: ServerName): string {
  return JSON.stringify([tenantId, server]);
}

function sameServer(left: McpTarget, right: McpTarget): boolean {
  return (
    left.protocol === right.protocol &&
    left.trust === right.trust &&
    left.connectTimeoutMs === right.connectTimeoutMs &&
    (left.transport === right.transport ||
      canonicalJson(left.transport as unknown as JsonObject) ===
        canonicalJson(right.transport as unknown as JsonObject))
  );
}

/** The connection ended under the call, or was not there: no answer of the server, and no silence. */
function wasCutOff(error: unknown): boolean {
  if (ProtocolError.isInstance(error) || SdkHttpError.isInstance(error)) return false;
  if (!SdkError.isInstance(error)) return error instanceof Error && !isMcpError(error);
  const { code } = error;
  return code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected;
}

/** The server says that it does not know the session, or no longer the protocol revision. */
function isForgotten(error: unknown, opened: OpenClient): boolean {
  if (ProtocolError.isInstance(error)) return error.code === -32_022;
  const hasSession = opened.kind === 'http' || opened.kind === 'sse';
  if (!SdkHttpError.isInstance(error) || !hasSession) return false;
  if (error.status === 404) return true;
  // Common servers answer 400 where the specification says 404.
  return error.status === 400 && opened.sessionId() !== undefined && /session/i.test(error.message);
}

function toListedTool(tool: Tool): ListedTool {
  return {
    name: tool.name,
    title: tool.title ?? tool.annotations?.title ?? null,
    description: tool.description ?? '',
    inputSchema: tool.inputSchema as unknown as JsonObject,
    outputSchema: (tool.outputSchema ?? null) as JsonObject | null,
    annotations: (tool.annotations ?? null) as JsonObject | null,
  };
}
