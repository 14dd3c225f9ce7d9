import { describe, expect, it } from 'vitest';
import type { BatchSettings } from '../../../common/batch.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ItemEnd, NewBatch } from '../../../services/batches/batch-record.ts';
import { BAD_ITEM, fenceOf } from '../../../services/batches/batch-record.ts';
import type { BatchStore } from '../../../services/batches/batch-store.ts';
import { createBatchStore } from '../../../services/batches/batch-store.ts';
import { storeItems } from '../../../services/batches/store-items.ts';
import type { Database } from '../../../services/database/database.ts';
import { LIMITS } from '../../support/plans.ts';
import { newTenant } from './new-tenant.ts';

const settings: BatchSettings = {
  agent: 'batch',
  concurrency: 5,
  ratePerSecond: null,
  mode: null,
  limits: LIMITS,
};
const batch: NewBatch = {
  batchId: 'b1',
  work: { kind: 'goal', goal: 'Read ${item}' },
  source: { kind: 'stored' },
  settings,
};

function end(index: number, state: ItemEnd['state'], fence: number): ItemEnd {
  return {
    ...{ index, state, fence, epochs: {}, startedAtMs: 1, endedAtMs: 2 },
    problemType: state === 'failed' ? 'Tool.Timeout' : null,
    problem: state === 'failed' ? `item ${index} was late` : null,
    result: { outcome: state, index },
  };
}

export function batchStoreCases(open: () => Database): void {
  describe('batch store', () => {
    async function make(lines = '1\n2\n{broken\n4\n'): Promise<[BatchStore, TenantId]> {
      const store = createBatchStore(open());
      const tenant = newTenant();
      await store.create(tenant, batch);
      async function* source() {
        yield Buffer.from(lines);
      }
      await storeItems(store, tenant, 'b1', source(), new AbortController().signal);
      return [store, tenant];
    }

    it('the same batch again → the one that is there; another under its id → refused', async () => {
      const [store, tenant] = await make();
      expect(await store.create(tenant, batch)).toEqual({ isNew: false });
      const other = { ...batch, settings: { ...settings, concurrency: 6 } };
      await expect(store.create(tenant, other)).rejects.toMatchObject({ type: 'Conflict' });
      expect(await store.create(newTenant(), other)).toEqual({ isNew: true });
    });

    it('items of a file → counted, waiting in order, the broken one failed', async () => {
      const [store, tenant] = await make();
      expect((await store.get(tenant, 'b1')).total).toBe(4);
      expect(await store.counts(tenant, 'b1')).toEqual({
        ...{ waiting: 3, done: 0, failed: 1, cancelled: 0 },
      });
      expect(await store.waiting(tenant, 'b1', { from: 1, to: 4 })).toEqual([1, 3]);
      const [item] = await store.items(tenant, 'b1', { from: 2, to: 3, state: 'failed' });
      expect(item).toMatchObject({ line: 3, item: '{broken', problemType: BAD_ITEM });
    });

    it('what is done → stays done; an attempt that was overtaken → writes nothing', async () => {
      const [store, tenant] = await make();
      await store.endItems(tenant, 'b1', [end(0, 'done', fenceOf(1, 1)), end(1, 'failed', 5)]);
      await store.endItems(tenant, 'b1', [end(0, 'failed', fenceOf(2, 1)), end(1, 'done', 4)]);
      const [first, second] = await store.items(tenant, 'b1', { from: 0, to: 2 });
      expect(first).toMatchObject({ state: 'done', item: '1', line: 1 });
      expect(first?.result).toEqual({ outcome: 'done', index: 0 });
      expect(second).toMatchObject({ state: 'failed', problem: 'item 1 was late' });
    });

    it('reopened → failed and cancelled items wait again, broken lines and done ones do not', async () => {
      const [store, tenant] = await make();
      await store.endItems(tenant, 'b1', [end(0, 'done', 1), end(1, 'failed', 1)]);
      await store.endWaiting(tenant, 'b1', { state: 'cancelled', problemType: null, problem: 'x' });
      expect(await store.counts(tenant, 'b1')).toMatchObject({ failed: 2, cancelled: 1, done: 1 });
      await store.reopenItems(tenant, 'b1');
      expect(await store.counts(tenant, 'b1')).toMatchObject({ waiting: 2, failed: 1, done: 1 });
      // What it knew of the attempt before is kept: a resume builds on it.
      const [item] = await store.items(tenant, 'b1', { from: 1, to: 2 });
      expect(item?.result).toEqual({ outcome: 'failed', index: 1 });
    });

    it('problems → by type, most frequent first, with the first item that has it', async () => {
      const [store, tenant] = await make();
      await store.endItems(tenant, 'b1', [end(3, 'failed', 1), end(1, 'failed', 1)]);
      expect(await store.problems(tenant, 'b1')).toEqual([
        { type: 'Tool.Timeout', items: 2, firstIndex: 1, example: 'item 1 was late' },
        expect.objectContaining({ type: BAD_ITEM, items: 1, firstIndex: 2 }),
      ]);
    });

    it('problems that hold what no SQL text can → kept, beside the others of their write', async () => {
      const [store, tenant] = await make();
      const bad = { ...end(1, 'failed', 1), problem: 'NUL \u0000, half \ud83d' };
      await store.endItems(tenant, 'b1', [end(0, 'done', 1), bad]);
      await store.endWaiting(tenant, 'b1', {
        ...{ state: 'failed', problemType: 'failed', problem: '\u0000' },
      });
      await store.set(tenant, 'b1', { state: 'failed', reason: '\u0000' });
      expect(await store.get(tenant, 'b1')).toMatchObject({ reason: '\uFFFD' });
      const problems = (await store.items(tenant, 'b1', { from: 0, to: 4 })).map(
        ({ problem }) => problem,
      );
      expect(problems).toEqual([
        null,
        'NUL \uFFFD, half \uFFFD',
        expect.stringContaining('is not JSON'),
        '\uFFFD',
      ]);
    });

    it('a broken line that no SQL text can hold as it is → the rest is kept', async () => {
      const [store, tenant] = await make(
        `1\n{\u0000\n{"${'🎻'.repeat(5)}\n${'x'.repeat(999)}🎻\n2\n`,
      );
      expect(await store.counts(tenant, 'b1')).toMatchObject({ waiting: 2, failed: 3 });
    });

    it('another tenant → sees no batch and no item, and changes none', async () => {
      const [store, tenant] = await make();
      const stranger = newTenant();
      await expect(store.get(stranger, 'b1')).rejects.toMatchObject({ type: 'NotFound' });
      await store.endWaiting(stranger, 'b1', { state: 'failed', problemType: null, problem: 'x' });
      await store.removeItems(stranger, 'b1');
      expect(await store.items(stranger, 'b1', { from: 0, to: 9 })).toEqual([]);
      expect(await store.list(stranger, 10)).toEqual([]);
      expect(await store.counts(tenant, 'b1')).toMatchObject({ waiting: 3 });
    });

    it('thousands of items, with whatever letters → all kept as they were given', async () => {
      const text = JSON.stringify('\u0000 \\ "quoted" 🎻 \n');
      const [store, tenant] = await make(`${text}\n`.repeat(2_500));
      expect(await store.counts(tenant, 'b1')).toMatchObject({ waiting: 2_500 });
      const [item] = await store.items(tenant, 'b1', { from: 2_499, to: 2_500 });
      expect(item).toMatchObject({ item: text, line: 2_500 });
    });
  });
}
