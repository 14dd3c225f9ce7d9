import type {
  BatchCounts,
  BatchResult,
  CloseBatchInput,
  EndBatchItemInput,
  FailBatchRangeInput,
  OpenBatchInput,
  OpenedBatch,
  PreparedItem,
  RangeItems,
  RunBatchChunkInput,
  RunBatchItemInput,
} from '../../common/batch.ts';
import type { JsonValue } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { PlanChecker } from '../planner/plan-checker.ts';
import { isServiceError } from '../errors.ts';
import type { BatchStore } from './batch-store.ts';
import { checkTemplate } from './check-template.ts';
import { closeBatch } from './close-batch.ts';
import { endItem, prepareItem } from './prepare-item.ts';
import type { CallContext, ChunkDeps } from './run-chunk.ts';
import { runChunk } from './run-chunk.ts';
import { storeItems } from './store-items.ts';

/** What the batch workflows ask of a worker. Every method may be called again after a crash. */
export interface Batches {
  /** Reads and stores the items where that is not done yet, and checks the template against them. */
  open(input: OpenBatchInput, signal: AbortSignal): Promise<OpenedBatch>;
  /** @returns how all items of the range stand. */
  runChunk(input: RunBatchChunkInput, context: CallContext): Promise<BatchCounts>;
  rangeItems(input: RangeOf): Promise<RangeItems>;
  prepareItem(input: RunBatchItemInput): Promise<PreparedItem>;
  endItem(input: EndBatchItemInput): Promise<void>;
  /** Ends what waits in a range that could not be run. */
  failRange(input: FailBatchRangeInput): Promise<BatchCounts>;
  close(input: CloseBatchInput): Promise<BatchResult>;
}

type RangeOf = Pick<FailBatchRangeInput, 'tenant' | 'batchId' | 'from' | 'to'>;

export interface BatchesDeps extends ChunkDeps {
  readonly store: BatchStore;
  readonly plans: PlanChecker;
  readonly fetchItems: (url: string, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

/** Items that a template is tried on until one fits. */
const SAMPLES = 20;

export function createBatches(deps: BatchesDeps): Batches {
  const { store } = deps;
  const countsOf = async ({ tenant, batchId, from, to }: RangeOf): Promise<BatchCounts> => {
    const range = { from, to };
    const { done, failed, cancelled } = await store.counts(tenant.tenantId, batchId, range);
    return { done, failed, cancelled };
  };
  return {
    async open(input, signal) {
      const { tenant, batchId, work, source, settings, round } = input;
      const { tenantId } = tenant;
      await store.create(tenantId, { batchId, work, source, settings });
      const known = await store.get(tenantId, batchId);
      let total = known.total ?? 0;
      try {
        if (source.kind === 'url' && known.total === null) {
          const file = deps.fetchItems(source.url, signal);
          total = await storeItems(store, tenantId, batchId, file, signal);
        }
        if (known.round < round) await store.reopenItems(tenantId, batchId);
        const checked = await checkTemplate(deps.plans, tenantId, known, await samples(total));
        await store.set(tenantId, batchId, {
          ...checked,
          state: 'running',
          round: Math.max(round, known.round),
          reason: null,
          endedAtMs: null,
        });
        return { total, mode: checked.mode, problem: null };
      } catch (error) {
        if (!isServiceError(error) || error.retry.allowed) throw error;
        return { total, mode: 'runs', problem: error.message };
      }

      async function samples(length: number): Promise<readonly JsonValue[]> {
        const found = await firstItems(store, tenantId, batchId, length);
        return found.map((text) => JSON.parse(text) as JsonValue);
      }
    },
    async runChunk(input, context) {
      await runChunk(deps, input, context);
      return countsOf(input);
    },
    async rangeItems(input) {
      const { tenant, batchId, from, to } = input;
      const waiting = await store.waiting(tenant.tenantId, batchId, { from, to });
      return { waiting, counts: await countsOf(input) };
    },
    prepareItem: (input) => prepareItem(store, input),
    endItem: (input) => endItem(store, input),
    async failRange({ tenant, batchId, from, to, problem }) {
      const end = { state: 'failed', problemType: 'failed', problem } as const;
      await store.endWaiting(tenant.tenantId, batchId, { ...end, from, to });
      return countsOf({ tenant, batchId, from, to });
    },
    close: (input) => closeBatch(store, input),
  };
}

async function firstItems(
  store: BatchStore,
  tenantId: TenantId,
  batchId: string,
  total: number,
): Promise<readonly string[]> {
  const PAGE = 200;
  const found: string[] = [];
  for (let from = 0; from < total && found.length < SAMPLES; from += PAGE) {
    const range = { from, to: from + PAGE };
    const page = await store.items(tenantId, batchId, range);
    const good = page.filter(({ problemType }) => problemType !== 'BadItem');
    found.push(...good.slice(0, SAMPLES - found.length).map(({ item }) => item));
  }
  return found;
}
