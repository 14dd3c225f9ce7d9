import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { TenantId } from '../../../common/tenant.ts';
import type { SqlDatabase } from '../../database/database.ts';
import { modelUsage } from '../../database/schema.ts';
import type { AttemptRecord } from '../attempt-chain.ts';

/** The calls of one stretch that are alike in tenant, route, role, needs and purpose. */
export type UsageRow = typeof modelUsage.$inferSelect;

const COUNTS = [
  'calls',
  'failed',
  'latencySumMs',
  'inputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'outputTokens',
  'costUsd',
  'unpriced',
] as const;

/** An attempt as a row of its own. Tokens that a provider did not count are none. */
export function newRow(
  { tenantId, route, about, tokens, outcome, latencyMs, usage }: AttemptRecord,
  atMs: number,
): UsageRow {
  const isOk = outcome === 'ok';
  return {
    ...{ tenantId, atMs, route: route.id, role: about.role, isBatch: about.isBatch },
    needs: [...about.can].sort().join(','),
    calls: 1,
    failed: isOk ? 0 : 1,
    latencySumMs: latencyMs,
    inputTokens: usage?.inputTokens ?? 0,
    cacheReadTokens: usage?.cacheReadTokens ?? 0,
    cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    costUsd: usage?.costUsd ?? 0,
    unpriced: usage !== null && usage.costUsd === null ? 1 : 0,
    maxTokens: tokens,
    lastProblem: isOk ? null : outcome,
  };
}

export function rowKey({ tenantId, atMs, route, role, needs, isBatch }: UsageRow): string {
  return JSON.stringify([tenantId, atMs, route, role, needs, isBatch]);
}

/** @param newer of the same key. */
export function addToRow(row: UsageRow, newer: UsageRow): UsageRow {
  const sums = Object.fromEntries(COUNTS.map((count) => [count, row[count] + newer[count]]));
  return {
    ...row,
    ...(sums as Pick<UsageRow, (typeof COUNTS)[number]>),
    maxTokens: Math.max(row.maxTokens, newer.maxTokens),
    lastProblem: newer.lastProblem ?? row.lastProblem,
  };
}

/** Several workers write the same stretch: their counts add up. */
export async function addUsageRows(db: SqlDatabase, rows: readonly UsageRow[]): Promise<void> {
  const { tenantId, atMs, route, role, needs, isBatch, maxTokens, lastProblem } = modelUsage;
  const added = Object.fromEntries(
    COUNTS.map((count) => [
      count,
      sql`${modelUsage[count]} + excluded.${sql.identifier(modelUsage[count].name)}`,
    ]),
  );
  await db
    .insert(modelUsage)
    .values([...rows])
    .onConflictDoUpdate({
      target: [tenantId, atMs, route, role, needs, isBatch],
      set: {
        ...added,
        maxTokens: sql`greatest(${maxTokens}, excluded.max_tokens)`,
        lastProblem: sql`coalesce(excluded.last_problem, ${lastProblem})`,
      },
    });
}

export async function dropUsageBefore(db: SqlDatabase, beforeMs: number): Promise<void> {
  await db.delete(modelUsage).where(lt(modelUsage.atMs, beforeMs));
}

/** @param route `null`: all. */
export async function readUsage(
  db: SqlDatabase,
  tenant: TenantId,
  sinceMs: number,
  route: string | null,
): Promise<readonly UsageRow[]> {
  return db
    .select()
    .from(modelUsage)
    .where(
      and(
        eq(modelUsage.tenantId, tenant),
        gte(modelUsage.atMs, sinceMs),
        ...(route === null ? [] : [eq(modelUsage.route, route)]),
      ),
    )
    .orderBy(asc(modelUsage.atMs));
}
