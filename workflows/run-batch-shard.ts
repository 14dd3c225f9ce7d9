// Runs in the workflow sandbox: a range of a batch's items, so many of them at once.
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  BatchCounts,
  BatchRange,
  ItemOutcome,
  RunBatchItemInput,
  RunBatchShardInput,
} from '../common/batch.ts';
import { createPace } from '../common/pace.ts';
import { addCounts, NO_COUNTS } from '../common/batch-counts.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { WORKFLOW } from '../common/names.ts';
import { batchActivities, nearBatchActivities } from './batch-activities.ts';
import { shardProgressSignal } from './definitions.ts';

/** The batch is told how its shard stands at most so often, ms of workflow time. */
const REPORT_EVERY_MS = 2_000;
/** A chunk has room for its slowest items, and is short enough to be taken over by another worker. */
const CHUNK_ITEMS_A_LANE = 20;
const CHUNK_ITEMS = { least: 50, most: 500 } as const;

interface Tally {
  counts: BatchCounts;
  reportedAtMs: number;
}

/** @returns how the items of its range ended. */
export async function runBatchShard(input: RunBatchShardInput): Promise<BatchCounts> {
  const tally: Tally = { counts: NO_COUNTS, reportedAtMs: Date.now() };
  if (input.mode === 'light') await runLight(input, tally);
  else await runEach(input, tally);
  return tally.counts;
}

/** Chunk after chunk, each one activity that records its items by itself. */
async function runLight(input: RunBatchShardInput, tally: Tally): Promise<void> {
  const { tenant, batchId, round, concurrency, ratePerSecond, queues } = input;
  const { runBatchChunk } = batchActivities(queues, 'long');
  const { most, least } = CHUNK_ITEMS;
  const size = Math.min(most, Math.max(least, concurrency * CHUNK_ITEMS_A_LANE));
  for (let from = input.from; from < input.to; from += size) {
    const range: BatchRange = {
      ...{ tenant, batchId, round, from },
      to: Math.min(from + size, input.to),
    };
    const counts = await runBatchChunk({ ...range, concurrency, ratePerSecond }).catch(
      (error: unknown) => {
        if (isCancellation(error)) throw error;
        const { failBatchRange } = batchActivities(queues);
        return failBatchRange({ ...range, problem: describeFailure(error) });
      },
    );
    tally.counts = addCounts(tally.counts, counts);
    await report(input, tally);
  }
}

/** A window over the items: whenever one ends, the next one begins. */
async function runEach(input: RunBatchShardInput, tally: Tally): Promise<void> {
  const { tenant, batchId, round, from, to, queues } = input;
  const range: BatchRange = { tenant, batchId, round, from, to };
  const { waiting, counts } = await nearBatchActivities(queues).listBatchItems(range);
  tally.counts = counts;
  const next = waiting.values();
  const pace = paceOf(input.ratePerSecond);
  const lane = async (): Promise<void> => {
    for (const index of next) {
      await pace();
      const { outcome } = await runItem(input, index);
      tally.counts = { ...tally.counts, [outcome]: tally.counts[outcome] + 1 };
      await report(input, tally);
    }
  };
  const lanes = Math.min(input.concurrency, waiting.length);
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runItem(input: RunBatchShardInput, index: number): Promise<ItemOutcome> {
  const { tenant, batchId, round, agent, limits, queues } = input;
  const args: [RunBatchItemInput] = [{ tenant, batchId, index, round, agent, limits, queues }];
  try {
    return await executeChild<(given: RunBatchItemInput) => Promise<ItemOutcome>>(
      WORKFLOW.runBatchItem,
      {
        args,
        workflowId: `t:${tenant.tenantId}:batch:${batchId}:item:${index}`,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      },
    );
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    // It was ended from outside, or broke: the item has failed, and the others go on.
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    const { endBatchItem } = nearBatchActivities(queues);
    const problem = describeFailure(error);
    await endBatchItem({ tenant, batchId, index, round, outcome, problem, result: null });
    return { outcome };
  }
}

async function report(input: RunBatchShardInput, tally: Tally): Promise<void> {
  const { parent } = workflowInfo();
  const sinceMs = Date.now() - tally.reportedAtMs;
  // Below 0 the clock went back: it would be silent for as long.
  if (parent === undefined || (sinceMs >= 0 && sinceMs < REPORT_EVERY_MS)) return;
  tally.reportedAtMs = Date.now();
  const { counts } = tally;
  // The batch goes on under another run id when its history is long; its id stays.
  const batch = getExternalWorkflowHandle(parent.workflowId);
  await batch.signal(shardProgressSignal, { from: input.from, counts }).catch((error: unknown) => {
    if (isCancellation(error)) throw error;
  });
}

function paceOf(ratePerSecond: number | null): () => Promise<void> {
  if (ratePerSecond === null) return () => Promise.resolve();
  const waitMs = createPace(ratePerSecond);
  return async () => {
    const ms = waitMs(Date.now());
    if (ms > 0) await sleep(ms);
  };
}
