import { and, asc, eq } from 'drizzle-orm';
import { FAILURE } from '../../../common/failures.ts';
import { nearestName } from '../../../common/nearest-name.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../common/tool.ts';
import type { SqlDatabase, SqlTransaction } from '../../database/database.ts';
import { servers, tools } from '../../database/schema.ts';
import { ServiceError } from '../../errors.ts';
import type { RegisteredTool, ToolSettings } from '../registered-tool.ts';
import type { ToolRow } from './to-registered-tool.ts';
import { isOffered, toRegisteredTool } from './to-registered-tool.ts';

export interface ToolFilter {
  readonly server?: ServerName | undefined;
  /** Also those that cannot be used now: disabled, changed or gone. @default false */
  readonly includeInactive?: boolean | undefined;
}

export async function listTools(
  db: SqlDatabase,
  tenantId: TenantId,
  { server, includeInactive = false }: ToolFilter = {},
): Promise<readonly RegisteredTool[]> {
  const rows = await selectTools(db)
    .where(
      and(
        eq(tools.tenantId, tenantId),
        server === undefined ? undefined : eq(tools.server, server),
      ),
    )
    .orderBy(asc(tools.id));
  if (includeInactive) return rows.map(toRegisteredTool);
  return rows
    .filter(isOffered)
    .map(toRegisteredTool)
    .filter((tool) => tool.status === 'active');
}

export async function findTool(
  db: SqlDatabase | SqlTransaction,
  tenantId: TenantId,
  by: { readonly id: ToolId } | { readonly modelName: string },
): Promise<ToolRow | null> {
  const which = 'id' in by ? eq(tools.id, by.id) : eq(tools.modelName, by.modelName);
  const [row] = await selectTools(db).where(and(eq(tools.tenantId, tenantId), which));
  return row ?? null;
}

/** @throws ServiceError (Tool.NotFound) naming the nearest tool. */
export async function getTool(
  db: SqlDatabase | SqlTransaction,
  tenantId: TenantId,
  id: ToolId,
): Promise<ToolRow> {
  const row = await findTool(db, tenantId, { id });
  if (row !== null) return row;
  const rows = await db.select({ id: tools.id }).from(tools).where(eq(tools.tenantId, tenantId));
  const nearest = nearestName(
    id,
    rows.map((one) => one.id),
  );
  throw new ServiceError(
    FAILURE.toolNotFound,
    `There is no tool "${id}". ` +
      (nearest === null ? 'List the tools to see their ids.' : `Did you mean "${nearest}"?`),
  );
}

export async function approveTool(
  tx: SqlTransaction,
  tenantId: TenantId,
  id: ToolId,
  fingerprint?: string,
): Promise<void> {
  const { tool } = await getTool(tx, tenantId, id);
  if (fingerprint !== undefined && fingerprint !== tool.fingerprint) {
    throw new ServiceError(
      FAILURE.conflict,
      `Tool "${id}" has changed again: its fingerprint is now ${tool.fingerprint}, not ${fingerprint}. Look at the new definition and approve that.`,
    );
  }
  await tx
    .update(tools)
    .set({ approvedFingerprint: tool.fingerprint })
    .where(and(eq(tools.tenantId, tenantId), eq(tools.id, id)));
}

export async function updateTool(
  tx: SqlTransaction,
  tenantId: TenantId,
  id: ToolId,
  { enabled, effect, tags }: ToolSettings,
): Promise<void> {
  await getTool(tx, tenantId, id);
  const set = {
    ...(enabled === undefined ? {} : { enabled, ...(enabled ? { removed: false } : {}) }),
    ...(effect === undefined ? {} : { effect }),
    ...(tags === undefined ? {} : { tags }),
  };
  if (Object.keys(set).length === 0) return;
  await tx
    .update(tools)
    .set(set)
    .where(and(eq(tools.tenantId, tenantId), eq(tools.id, id)));
}

export async function removeTool(
  tx: SqlTransaction,
  tenantId: TenantId,
  id: ToolId,
): Promise<void> {
  await getTool(tx, tenantId, id);
  await tx
    .update(tools)
    .set({ removed: true })
    .where(and(eq(tools.tenantId, tenantId), eq(tools.id, id)));
}

function selectTools(db: SqlDatabase | SqlTransaction) {
  return db
    .select({ tool: tools, definition: servers.definition })
    .from(tools)
    .innerJoin(servers, and(eq(servers.tenantId, tools.tenantId), eq(servers.name, tools.server)));
}
