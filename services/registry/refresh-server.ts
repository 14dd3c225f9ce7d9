import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { McpConnections } from '../mcp/mcp-connections.ts';
import type { CatalogueChange } from './registered-tool.ts';
import type { Registry } from './registry.ts';

export interface RefreshDeps {
  readonly registry: Pick<Registry, 'getServer' | 'recordTools' | 'noteServer'>;
  readonly connections: Pick<McpConnections, 'listTools'>;
  /** Ends the refresh without a mark against the server. */
  readonly signal: AbortSignal;
}

/**
 * Asks a server for its tools and records them, or records why it could not be asked.
 *
 * @throws ServiceError when it cannot be reached, is disabled (Conflict) or not there (NotFound).
 */
export async function refreshServer(
  { registry, connections, signal }: RefreshDeps,
  tenantId: TenantId,
  server: ServerName,
): Promise<CatalogueChange> {
  const { definition, trust } = await registry.getServer(tenantId, server);
  if (!definition.enabled) {
    throw new ServiceError(
      FAILURE.conflict,
      `Server "${server}" is disabled. Enable it to refresh its tools.`,
    );
  }
  const { transport, connectTimeoutMs, protocol } = definition;
  const target = { tenantId, server, transport, trust, connectTimeoutMs, protocol };
  try {
    const { tools, ...about } = await connections.listTools(target, signal);
    const change = await registry.recordTools(tenantId, server, tools);
    await registry.noteServer(tenantId, server, { status: 'ready', problem: null, ...about });
    return change;
  } catch (error) {
    if (!signal.aborted) await noteProblem(registry, tenantId, server, error);
    throw error;
  }
}

async function noteProblem(
  registry: RefreshDeps['registry'],
  tenantId: TenantId,
  server: ServerName,
  error: unknown,
): Promise<void> {
  const problem = error instanceof Error ? error.message : String(error);
  try {
    await registry.noteServer(tenantId, server, { status: 'unreachable', problem });
  } catch (cause) {
    // Removed while it was being reached: there is nothing left to note.
    if (!isServiceError(cause) || cause.type !== FAILURE.notFound) throw cause;
  }
}
