import { activityInfo } from '@temporalio/activity';
import type {
  BatchCounts,
  BatchRange,
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
} from '../common/batch.ts';
import type { Batches } from '../services/batches/batches.ts';
import { runActivity } from './run-activity.ts';

/** What the batch workflows do outside of themselves. */
export interface BatchActivities {
  openBatch(input: OpenBatchInput): Promise<OpenedBatch>;
  runBatchChunk(input: RunBatchChunkInput): Promise<BatchCounts>;
  listBatchItems(input: BatchRange): Promise<RangeItems>;
  prepareBatchItem(input: RunBatchItemInput): Promise<PreparedItem>;
  endBatchItem(input: EndBatchItemInput): Promise<void>;
  failBatchRange(input: FailBatchRangeInput): Promise<BatchCounts>;
  closeBatch(input: CloseBatchInput): Promise<BatchResult>;
}

export function createBatchActivities({ batches }: { readonly batches: Batches }): BatchActivities {
  return {
    openBatch: (input) => runActivity((signal) => batches.open(input, signal)),
    runBatchChunk: (input) =>
      runActivity((signal) => batches.runChunk(input, { signal, attempt: activityInfo().attempt })),
    listBatchItems: (input) => runActivity(() => batches.rangeItems(input)),
    prepareBatchItem: (input) => runActivity(() => batches.prepareItem(input)),
    endBatchItem: (input) => runActivity(() => batches.endItem(input)),
    failBatchRange: (input) => runActivity(() => batches.failRange(input)),
    closeBatch: (input) => runActivity(() => batches.close(input)),
  };
}
