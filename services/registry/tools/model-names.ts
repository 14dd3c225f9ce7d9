import { and, eq, inArray } from 'drizzle-orm';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { SqlTransaction } from '../../database/database.ts';
import { modelNames } from '../../database/schema.ts';
import { modelNameCandidates } from './model-name.ts';

const BATCH = 500;

/**
 * A name for each tool: the one it had before, else the first candidate that no other tool of the
 * tenant ever had. Who has a name keeps it, also when its tool is removed.
 */
export async function giveModelNames(
  tx: SqlTransaction,
  tenantId: TenantId,
  ids: readonly ToolId[],
): Promise<ReadonlyMap<ToolId, string>> {
  const names = new Map<ToolId, string>();
  // In an order of their own, so that the same tools get the same names whatever order they come in;
  // first those whose name needs no change, so that "a_b" is not named after "a b".
  const isPlain = (id: ToolId) => /^[a-zA-Z0-9_/-]+$/.test(id);
  const sorted = ids.toSorted(
    (a, b) => Number(isPlain(b)) - Number(isPlain(a)) || (a < b ? -1 : 1),
  );
  for (let at = 0; at < sorted.length; at += BATCH) {
    await giveBatch(tx, tenantId, sorted.slice(at, at + BATCH), names);
  }
  return names;
}

async function giveBatch(
  tx: SqlTransaction,
  tenantId: TenantId,
  ids: readonly ToolId[],
  names: Map<ToolId, string>,
): Promise<void> {
  const had = await tx
    .select()
    .from(modelNames)
    .where(and(eq(modelNames.tenantId, tenantId), inArray(modelNames.toolId, [...ids])));
  for (const { toolId, modelName } of had) names.set(toolId, modelName);
  const wanted = ids
    .filter((id) => !names.has(id))
    .map((id) => ({ id, candidates: modelNameCandidates(id) }));
  if (wanted.length === 0) return;
  const candidates = wanted.flatMap((one) => one.candidates);
  const rows = await tx
    .select({ modelName: modelNames.modelName })
    .from(modelNames)
    .where(and(eq(modelNames.tenantId, tenantId), inArray(modelNames.modelName, candidates)));
  const taken = new Set(rows.map((row) => row.modelName));
  const given = wanted.map(({ id, candidates: own }) => {
    const modelName = own.find((name) => !taken.has(name));
    if (modelName === undefined) throw new Error(`No free model name for tool "${id}".`);
    taken.add(modelName);
    names.set(id, modelName);
    return { tenantId, modelName, toolId: id };
  });
  await tx.insert(modelNames).values(given);
}

export async function forgetModelNames(
  tx: SqlTransaction,
  tenantId: TenantId,
  ids: readonly ToolId[],
): Promise<void> {
  await tx
    .delete(modelNames)
    .where(and(eq(modelNames.tenantId, tenantId), inArray(modelNames.toolId, [...ids])));
}
