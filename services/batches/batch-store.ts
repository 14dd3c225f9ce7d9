import type { BatchOutcome, BatchProblem } from '../../common/batch.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database } from '../database/database.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import type {
  BatchItem,
  BatchRecord,
  ItemCounts,
  ItemEnd,
  ItemState,
  NewBatch,
} from './batch-record.ts';
import { batchRows } from './batch-rows.ts';
import { itemReads } from './item-reads.ts';
import { itemWrites } from './item-writes.ts';

/** Batches and their items. Everything a batch knows of its items is here, nothing in a history. */
export interface BatchStore {
  /**
   * The same batch again is the one that is there.
   * @throws ServiceError (Conflict) where the id belongs to another batch.
   */
  create(tenantId: TenantId, batch: NewBatch): Promise<{ readonly isNew: boolean }>;
  /** @throws ServiceError (NotFound) */
  get(tenantId: TenantId, batchId: string): Promise<BatchRecord>;
  /** Newest first. */
  list(tenantId: TenantId, limit: number): Promise<readonly BatchRecord[]>;
  /** Changes what is known of a batch. */
  set(tenantId: TenantId, batchId: string, change: BatchChange): Promise<void>;
  /** Adds items; one that is there already (same index) stays. */
  addItems(tenantId: TenantId, batchId: string, items: readonly NewItem[]): Promise<void>;
  removeItems(tenantId: TenantId, batchId: string): Promise<void>;
  /** Items with `from <= index < to`, in order; `state`: only these. */
  items(
    tenantId: TenantId,
    batchId: string,
    range: { readonly from: number; readonly to: number; readonly state?: ItemState },
  ): Promise<readonly BatchItem[]>;
  /** Indexes of the items of a range that wait to be run. */
  waiting(
    tenantId: TenantId,
    batchId: string,
    range: { readonly from: number; readonly to: number },
  ): Promise<readonly number[]>;
  /** What is done stays done, and an attempt that was overtaken writes nothing. */
  endItems(tenantId: TenantId, batchId: string, ends: readonly ItemEnd[]): Promise<void>;
  /** Ends all items that wait. */
  endWaiting(
    tenantId: TenantId,
    batchId: string,
    end: WaitingEnd & { readonly from?: number; readonly to?: number },
  ): Promise<void>;
  /** Lets failed and cancelled items wait again; lines that are no item stay as they are. */
  reopenItems(tenantId: TenantId, batchId: string): Promise<void>;
  /** @param range @default all items */
  counts(
    tenantId: TenantId,
    batchId: string,
    range?: { readonly from: number; readonly to: number },
  ): Promise<ItemCounts>;
  /** At most 20, most frequent first. */
  problems(tenantId: TenantId, batchId: string): Promise<readonly BatchProblem[]>;
}

export type NewItem = Pick<BatchItem, 'index' | 'line' | 'item'> & {
  /** `null`: it is an item. */
  readonly problem: string | null;
};

export type BatchChange = Partial<
  Pick<BatchRecord, 'mode' | 'plan' | 'total' | 'round' | 'reason' | 'endedAtMs'>
> & { readonly state?: 'collecting' | 'running' | BatchOutcome };

export interface WaitingEnd {
  readonly state: 'failed' | 'cancelled';
  readonly problemType: string | null;
  readonly problem: string;
}

export function createBatchStore(database: Pick<Database, 'db'>): BatchStore {
  return withDatabaseErrors({
    ...batchRows(database),
    ...itemReads(database),
    ...itemWrites(database),
  });
}
