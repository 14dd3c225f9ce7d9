import { and, asc, count, desc, eq, gte, inArray, lt, min } from 'drizzle-orm';
import type { BatchProblem } from '../../common/batch.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database } from '../database/database.ts';
import { batchItems } from '../database/schema.ts';
import type { ItemState } from './batch-record.ts';
import type { BatchStore } from './batch-store.ts';

const MAX_PROBLEMS = 20;

/** The items of one batch, or a range of them. */
export function inBatch(
  tenantId: TenantId,
  batchId: string,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined } = {},
) {
  return and(
    eq(batchItems.tenantId, tenantId),
    eq(batchItems.batchId, batchId),
    from === undefined ? undefined : gte(batchItems.index, from),
    to === undefined ? undefined : lt(batchItems.index, to),
  );
}

/** The part of the store that reads items. */
export function itemReads({
  db,
}: Pick<Database, 'db'>): Pick<BatchStore, 'items' | 'waiting' | 'counts' | 'problems'> {
  return {
    async items(tenantId, batchId, { state, ...range }) {
      return db
        .select()
        .from(batchItems)
        .where(
          and(
            inBatch(tenantId, batchId, range),
            state === undefined ? undefined : eq(batchItems.state, state),
          ),
        )
        .orderBy(asc(batchItems.index));
    },

    async waiting(tenantId, batchId, range) {
      const rows = await db
        .select({ index: batchItems.index })
        .from(batchItems)
        .where(and(inBatch(tenantId, batchId, range), eq(batchItems.state, 'waiting')))
        .orderBy(asc(batchItems.index));
      return rows.map(({ index }) => index);
    },

    async counts(tenantId, batchId, range) {
      const rows = await db
        .select({ state: batchItems.state, items: count() })
        .from(batchItems)
        .where(and(inBatch(tenantId, batchId, range)))
        .groupBy(batchItems.state);
      const of = (state: ItemState) => rows.find((row) => row.state === state)?.items ?? 0;
      return {
        done: of('done'),
        failed: of('failed'),
        cancelled: of('cancelled'),
        waiting: of('waiting'),
      };
    },

    problems: (tenantId, batchId) => problemsOf(db, inBatch(tenantId, batchId)),
  };
}

async function problemsOf(
  db: Database['db'],
  where: ReturnType<typeof inBatch>,
): Promise<readonly BatchProblem[]> {
  const groups = await db
    .select({
      type: batchItems.problemType,
      items: count(),
      firstIndex: min(batchItems.index),
    })
    .from(batchItems)
    .where(and(where, eq(batchItems.state, 'failed')))
    .groupBy(batchItems.problemType)
    .orderBy(desc(count()), asc(batchItems.problemType))
    .limit(MAX_PROBLEMS);
  const firsts = groups.map(({ firstIndex }) => firstIndex ?? 0);
  if (firsts.length === 0) return [];
  const examples = await db
    .select({ index: batchItems.index, problem: batchItems.problem })
    .from(batchItems)
    .where(and(where, inArray(batchItems.index, firsts)));
  return groups.map(({ type, items, firstIndex }) => ({
    type: type ?? 'failed',
    items,
    firstIndex: firstIndex ?? 0,
    example: examples.find(({ index }) => index === firstIndex)?.problem ?? '',
  }));
}
