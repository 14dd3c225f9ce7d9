import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import type { TenantId } from '../../common/tenant.ts';
import { batchItems } from '../database/schema.ts';
import { storableText } from '../database/storable-text.ts';
import type { ItemEnd } from './batch-record.ts';
import { BAD_ITEM } from './batch-record.ts';
import type { BatchStore } from './batch-store.ts';
import { inBatch } from './item-reads.ts';

type Writes = Pick<
  BatchStore,
  'addItems' | 'removeItems' | 'endItems' | 'endWaiting' | 'reopenItems'
>;

/** The part of the store that writes items. */
export function itemWrites({ db }: Pick<Database, 'db'>): Writes {
  return {
    async addItems(tenantId, batchId, items) {
      if (items.length === 0) return;
      // As one value: thousands of parameters cost more than the rows.
      const rows = JSON.stringify(
        items.map(({ item, problem, ...place }) => ({
          ...place,
          item: storableText(item),
          problem: storableProblem(problem),
        })),
      );
      await db.execute(sql`
        INSERT INTO ${batchItems}
          (tenant_id, batch_id, "index", line, item, state, problem_type, problem, epochs, fence)
        SELECT ${tenantId}, ${batchId}, "index", line, item,
          CASE WHEN problem IS NULL THEN 'waiting' ELSE 'failed' END,
          CASE WHEN problem IS NULL THEN NULL ELSE ${BAD_ITEM} END,
          problem, '{}', 0
        FROM json_to_recordset(${rows}::json)
          AS given("index" integer, line integer, item text, problem text)
        ON CONFLICT DO NOTHING`);
    },

    async removeItems(tenantId, batchId) {
      await db.delete(batchItems).where(inBatch(tenantId, batchId));
    },

    async endItems(tenantId, batchId, ends) {
      if (ends.length === 0) return;
      await db
        .insert(batchItems)
        .values(ends.map((end) => toRow(tenantId, batchId, end)))
        .onConflictDoUpdate({
          target: [batchItems.tenantId, batchItems.batchId, batchItems.index],
          set: END_COLUMNS,
          setWhere: sql`${batchItems.state} <> 'done' AND ${batchItems.fence} <= excluded.fence`,
        });
    },

    async endWaiting(tenantId, batchId, { from, to, ...end }) {
      await db
        .update(batchItems)
        .set({ ...end, problem: storableProblem(end.problem), endedAtMs: Date.now() })
        .where(and(inBatch(tenantId, batchId, { from, to }), eq(batchItems.state, 'waiting')));
    },

    async reopenItems(tenantId, batchId) {
      await db
        .update(batchItems)
        .set({ state: 'waiting', endedAtMs: null })
        .where(
          and(
            inBatch(tenantId, batchId),
            inArray(batchItems.state, ['failed', 'cancelled']),
            sql`${batchItems.problemType} IS DISTINCT FROM ${BAD_ITEM}`,
          ),
        );
    },
  };
}

function toRow(tenantId: TenantId, batchId: string, { problem, ...end }: ItemEnd) {
  return { tenantId, batchId, line: 0, item: '', ...end, problem: storableProblem(problem) };
}

function storableProblem(problem: string | null): string | null {
  return problem === null ? null : storableText(problem);
}

/** What an end may change; the item itself stays. */
const END_COLUMNS = {
  state: sql.raw('excluded.state'),
  problemType: sql.raw('excluded.problem_type'),
  problem: sql.raw('excluded.problem'),
  result: sql.raw('excluded.result'),
  epochs: sql.raw('excluded.epochs'),
  fence: sql.raw('excluded.fence'),
  startedAtMs: sql.raw('excluded.started_at_ms'),
  endedAtMs: sql.raw('excluded.ended_at_ms'),
};
