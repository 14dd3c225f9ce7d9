import { createHash } from 'node:crypto';
import { and, desc, eq } from 'drizzle-orm';
import { canonicalJson } from '../../common/canonical-json.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonValue } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database } from '../database/database.ts';
import { batches } from '../database/schema.ts';
import { storableText } from '../database/storable-text.ts';
import { ServiceError } from '../errors.ts';
import type { BatchRecord, NewBatch } from './batch-record.ts';
import type { BatchStore } from './batch-store.ts';

/** The part of the store that is about batches. */
export function batchRows({
  db,
}: Pick<Database, 'db'>): Pick<BatchStore, 'create' | 'get' | 'list' | 'set'> {
  const one = (tenantId: TenantId, batchId: string) =>
    and(eq(batches.tenantId, tenantId), eq(batches.batchId, batchId));
  return {
    async create(tenantId, batch) {
      const request = digestOf(batch);
      const now = { state: 'collecting', round: 1, createdAtMs: Date.now(), request } as const;
      const written = await db
        .insert(batches)
        .values({ tenantId, ...batch, ...now })
        .onConflictDoNothing()
        .returning({ batchId: batches.batchId });
      if (written.length > 0) return { isNew: true };
      const [there] = await db
        .select({ request: batches.request })
        .from(batches)
        .where(one(tenantId, batch.batchId));
      if (there?.request === request) return { isNew: false };
      throw new ServiceError(
        FAILURE.conflict,
        `Batch id "${batch.batchId}" belongs to another batch. Choose another id, or leave it out.`,
      );
    },

    async get(tenantId, batchId) {
      const [row] = await db.select().from(batches).where(one(tenantId, batchId));
      if (row !== undefined) return toRecord(row);
      throw new ServiceError(
        FAILURE.notFound,
        `There is no batch ${batchId}. List them with "ostinato batch list".`,
      );
    },

    async list(tenantId, limit) {
      const rows = await db
        .select()
        .from(batches)
        .where(eq(batches.tenantId, tenantId))
        .orderBy(desc(batches.createdAtMs), desc(batches.batchId))
        .limit(limit);
      return rows.map(toRecord);
    },

    async set(tenantId, batchId, change) {
      const { reason } = change;
      const row = typeof reason === 'string' ? { ...change, reason: storableText(reason) } : change;
      await db.update(batches).set(row).where(one(tenantId, batchId));
    },
  };
}

function digestOf(batch: NewBatch): string {
  const text = canonicalJson(batch as unknown as JsonValue);
  return createHash('sha256').update(text).digest('hex');
}

function toRecord({
  tenantId: _tenant,
  request: _request,
  ...record
}: typeof batches.$inferSelect): BatchRecord {
  return record;
}
