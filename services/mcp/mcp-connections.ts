import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { ListedTool } from './listed-tool.ts';
import type { McpAnswer, McpAskingCall, McpAsks, McpCall } from './mcp-call.ts';
import type { McpTarget } from './mcp-target.ts';
import type { ConnectionState } from './connection-standing.ts';

export interface ServerListing {
  readonly tools: ListedTool[];
  /** The protocol revision in use, `2025-11-25` for example. */
  readonly era: string;
  readonly serverInfo: { readonly name: string; readonly version: string } | null;
  readonly instructions: string | null;
}

export interface ServerHealth {
  readonly tenantId: TenantId;
  readonly server: ServerName;
  readonly state: ConnectionState;
  /** Why it failed last; `null` when connected. */
  readonly problem: string | null;
  readonly era: string | null;
  /** When the state was entered, ms since the epoch. */
  readonly sinceMs: number;
  readonly inFlight: number;
}

export type ServerListener = (tenantId: TenantId, server: ServerName) => void;

/** Connections to MCP servers, one per tenant and server name, opened when first needed. */
export interface McpConnections {
  /**
   * Connects, even right after a failure, and lists the server's tools.
   *
   * @throws McpError
   */
  listTools(target: McpTarget, signal?: AbortSignal): Promise<ServerListing>;
  /**
   * @throws McpError naming tool, server and remedy; `sent` says whether the server may have acted.
   *   When `call.signal` ends the call, its reason is thrown as it is.
   */
  call(target: McpTarget, call: McpAskingCall): Promise<McpAnswer | McpAsks>;
  call(target: McpTarget, call: McpCall): Promise<McpAnswer>;
  /** Told when a server's tools changed, or may have while the connection was lost. */
  onToolsChanged(listener: ServerListener): () => void;
  /** Told when a server that was lost has answered the handshake again. */
  onReconnected(listener: ServerListener): () => void;
  health(): ServerHealth[];
  /** Resolves when the server's process, if there was one, and all it started are gone. */
  disconnect(tenantId: TenantId, server: ServerName): Promise<void>;
  /** As `disconnect`, when the calls that go on now have ended. */
  retire(tenantId: TenantId, server: ServerName): Promise<void>;
  close(): Promise<void>;
}
