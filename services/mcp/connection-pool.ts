import { canonicalJson } from '../../common/canonical-json.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { McpError } from './mcp-error.ts';
import type { McpTarget } from './mcp-target.ts';
import type { ServerConnection } from './server-connection.ts';

/** One connection per tenant and server name; another definition of the server replaces it. */
export class ConnectionPool {
  readonly #create: (target: McpTarget) => ServerConnection;
  readonly #byKey = new Map<string, ServerConnection>();
  /** Replaced by another definition, still finishing calls. */
  readonly #leaving = new Set<Promise<void>>();
  #closed = false;

  constructor(create: (target: McpTarget) => ServerConnection) {
    this.#create = create;
  }

  /** @throws McpError (Tool.Unavailable) when all of it is closed. */
  connectionTo(target: McpTarget): ServerConnection {
    if (this.#closed) {
      throw new McpError(FAILURE.toolUnavailable, 'The MCP connections are closed.', {
        sent: false,
      });
    }
    const key = keyOf(target.tenantId, target.server);
    const known = this.#byKey.get(key);
    if (known !== undefined && sameServer(known.target, target)) return known;
    if (known !== undefined) void this.#letFinish(known);
    const connection = this.#create(target);
    this.#byKey.set(key, connection);
    return connection;
  }

  health() {
    return [...this.#byKey.values()].map((connection) => ({
      tenantId: connection.target.tenantId,
      server: connection.target.server,
      ...connection.health(),
    }));
  }

  async disconnect(tenantId: TenantId, server: ServerName): Promise<void> {
    await this.#take(tenantId, server)?.close();
  }

  async retire(tenantId: TenantId, server: ServerName): Promise<void> {
    const connection = this.#take(tenantId, server);
    if (connection !== undefined) await this.#letFinish(connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = [...this.#byKey.values()];
    this.#byKey.clear();
    await Promise.all([...connections.map((connection) => connection.close()), ...this.#leaving]);
  }

  #take(tenantId: TenantId, server: ServerName): ServerConnection | undefined {
    const key = keyOf(tenantId, server);
    const connection = this.#byKey.get(key);
    this.#byKey.delete(key);
    return connection;
  }

  #letFinish(connection: ServerConnection): Promise<void> {
    const left = connection.retire().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    return left;
  }
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
