import { and, asc, eq, inArray } from 'drizzle-orm';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../common/tool.ts';
import type { SqlTransaction } from '../../database/database.ts';
import { servers, tools } from '../../database/schema.ts';
import type { ListedTool } from '../../mcp/listed-tool.ts';
import type { Admission } from './admit-listed-tool.ts';
import { admitListedTool } from './admit-listed-tool.ts';
import { forgetModelNames, giveModelNames } from './model-names.ts';

export type KnownTool = Pick<
  typeof tools.$inferSelect,
  'id' | 'fingerprint' | 'gone' | 'lastSeenMs'
>;
type Admitted = Extract<Admission, { kind: 'admitted' }>;

/** PostgreSQL takes 65,535 values in one statement; a tool has 19. */
const BATCH = 500;
/** Kept so that a tool that comes back keeps its settings; a server cannot fill the database with them. */
const MAX_GONE_PER_SERVER = 2000;

/** Brings the rows of one server to its list. The caller holds the catalogue's lock. */
export async function recordTools(
  tx: SqlTransaction,
  scope: { readonly tenantId: TenantId; readonly server: ServerName; readonly nowMs: number },
  listed: readonly ListedTool[],
): Promise<void> {
  const { admitted, warnings } = admitAll(scope.server, listed);
  const { tenantId, server, nowMs } = scope;
  const rows: readonly KnownTool[] = await tx
    .select({
      id: tools.id,
      fingerprint: tools.fingerprint,
      gone: tools.gone,
      lastSeenMs: tools.lastSeenMs,
    })
    .from(tools)
    .where(and(eq(tools.tenantId, tenantId), eq(tools.server, server)))
    .orderBy(asc(tools.lastSeenMs), asc(tools.id));
  const known = new Map(rows.map((row) => [row.id, row]));

  const seen = [...admitted.keys()].filter((id) => known.has(id));
  for (const ids of batches(seen)) {
    await tx
      .update(tools)
      .set({ gone: false, lastSeenMs: nowMs })
      .where(and(eq(tools.tenantId, tenantId), inArray(tools.id, ids)));
  }
  const different = [...admitted].filter(
    ([id, one]) => known.get(id)?.fingerprint !== one.fingerprint,
  );
  await writeDefinitions(tx, scope, new Map(different), known);
  await markGone(
    tx,
    tenantId,
    rows.filter((row) => !admitted.has(row.id)),
  );
  await tx
    .update(servers)
    .set({ warnings })
    .where(and(eq(servers.tenantId, tenantId), eq(servers.name, server)));
}

function admitAll(server: ServerName, listed: readonly ListedTool[]) {
  const admitted = new Map<ToolId, Admitted>();
  const warnings: string[] = [];
  for (const tool of listed) {
    const id = `${server}/${tool.name}` as ToolId;
    const admission = admitListedTool(tool);
    const name = JSON.stringify(tool.name.slice(0, 80)).replaceAll('\0', '\\u0000');
    if (admission.kind === 'refused') {
      warnings.push(`Tool ${name} is kept out: ${admission.reason}.`);
    } else if (admitted.has(id)) {
      warnings.push(`Tool ${name} is listed twice; the first definition is used.`);
    } else {
      admitted.set(id, admission);
    }
  }
  return { admitted, warnings };
}

async function writeDefinitions(
  tx: SqlTransaction,
  scope: { readonly tenantId: TenantId; readonly server: ServerName; readonly nowMs: number },
  written: ReadonlyMap<ToolId, Admitted>,
  known: ReadonlyMap<ToolId, KnownTool>,
): Promise<void> {
  const names = await giveModelNames(
    tx,
    scope.tenantId,
    [...written.keys()].filter((id) => !known.has(id)),
  );
  const rows = [...written].map(([id, { tool, fingerprint, warnings }]) => ({
    tenantId: scope.tenantId,
    id,
    server: scope.server,
    ...tool,
    // A known tool keeps its name: the upsert does not touch this column.
    modelName: names.get(id) ?? '',
    fingerprint,
    approvedFingerprint: fingerprint,
    enabled: true,
    gone: false,
    removed: false,
    tags: [],
    warnings,
    lastSeenMs: scope.nowMs,
  }));
  const [fresh, changed] = [
    rows.filter((row) => !known.has(row.id)),
    rows.filter((row) => known.has(row.id)),
  ];
  for (const values of batches(fresh)) await tx.insert(tools).values(values);
  for (const {
    id,
    title,
    description,
    inputSchema,
    outputSchema,
    annotations,
    ...row
  } of changed) {
    await tx
      .update(tools)
      .set({
        title,
        description,
        inputSchema,
        outputSchema,
        annotations,
        fingerprint: row.fingerprint,
        warnings: row.warnings,
      })
      .where(and(eq(tools.tenantId, scope.tenantId), eq(tools.id, id)));
  }
}

/** `missing` is ordered by when it was last seen: the longest gone are forgotten first. */
async function markGone(
  tx: SqlTransaction,
  tenantId: TenantId,
  missing: readonly KnownTool[],
): Promise<void> {
  const forgotten = missing.slice(0, Math.max(0, missing.length - MAX_GONE_PER_SERVER));
  const kept = missing.slice(forgotten.length).filter((row) => !row.gone);
  for (const ids of batches(kept.map((row) => row.id))) {
    await tx
      .update(tools)
      .set({ gone: true })
      .where(and(eq(tools.tenantId, tenantId), inArray(tools.id, ids)));
  }
  for (const ids of batches(forgotten.map((row) => row.id))) {
    await tx.delete(tools).where(and(eq(tools.tenantId, tenantId), inArray(tools.id, ids)));
    await forgetModelNames(tx, tenantId, ids);
  }
}

function batches<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / BATCH);
  return Array.from({ length: count }, (_, at) => items.slice(at * BATCH, (at + 1) * BATCH));
}
