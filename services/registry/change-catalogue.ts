import { and, asc, eq } from 'drizzle-orm';
import { isDeepStrictEqual } from 'node:util';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { SqlDatabase, SqlTransaction } from '../database/database.ts';
import { catalogues, servers, tools } from '../database/schema.ts';
import type { CatalogueChange, RegisteredTool } from './registered-tool.ts';
import { isOffered, toRegisteredTool } from './tools/to-registered-tool.ts';

/**
 * Changes what one server offers. Changes of one tenant's catalogue run one after the other, under a
 * lock on its row; the catalogue gets a new version exactly when the tools it offers differ.
 */
export async function changeCatalogue<Result>(
  db: SqlDatabase,
  tenantId: TenantId,
  server: ServerName,
  mutate: (tx: SqlTransaction) => Promise<Result>,
): Promise<{ readonly result: Result; readonly change: CatalogueChange }> {
  return db.transaction(async (tx) => {
    await tx.insert(catalogues).values({ tenantId, version: 0 }).onConflictDoNothing();
    const [locked] = await tx
      .select()
      .from(catalogues)
      .where(eq(catalogues.tenantId, tenantId))
      .for('update');
    const before = await offeredTools(tx, tenantId, server);
    const result = await mutate(tx);
    const after = await offeredTools(tx, tenantId, server);
    const old = locked?.version ?? 0;
    const change = compare(before, after, old + 1);
    if (change.added.length + change.changed.length + change.removed.length === 0) {
      return { result, change: { ...change, version: old } };
    }
    await tx
      .update(catalogues)
      .set({ version: change.version })
      .where(eq(catalogues.tenantId, tenantId));
    return { result, change };
  });
}

type Offered = ReadonlyMap<RegisteredTool['id'], RegisteredTool>;

async function offeredTools(
  tx: SqlTransaction,
  tenantId: TenantId,
  server: ServerName,
): Promise<Offered> {
  const rows = await tx
    .select({ tool: tools, definition: servers.definition })
    .from(tools)
    .innerJoin(servers, and(eq(servers.tenantId, tools.tenantId), eq(servers.name, tools.server)))
    .where(and(eq(tools.tenantId, tenantId), eq(tools.server, server)))
    .orderBy(asc(tools.id));
  const offered = rows.filter(isOffered).map(toRegisteredTool);
  return new Map(offered.map((tool) => [tool.id, tool]));
}

function compare(before: Offered, after: Offered, version: number): CatalogueChange {
  const added: RegisteredTool[] = [];
  const changed: RegisteredTool[] = [];
  for (const [id, tool] of after) {
    const old = before.get(id);
    if (old === undefined) added.push(tool);
    // Being seen again is no change.
    else if (!isDeepStrictEqual({ ...old, lastSeenMs: tool.lastSeenMs }, tool)) changed.push(tool);
  }
  const removed = [...before.keys()].filter((id) => !after.has(id));
  return { version, added, changed, removed };
}
