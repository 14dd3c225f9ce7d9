// Runs in the workflow sandbox: the items of a batch, in shards that overlap. Items and results are
// in SQL; here are only numbers, so that 100,000 items make a short history.
import { ChildWorkflowFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  isCancellation,
  patched,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  BatchCounts,
  BatchPosition,
  BatchProgress,
  BatchResult,
  OpenBatchInput,
  OpenedBatch,
  RunBatchInput,
  RunBatchShardInput,
} from '../common/batch.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { addCounts, NO_COUNTS } from '../common/batch-counts.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import { batchActivities } from './batch-activities.ts';
import { continueOnNewest } from './continue-on-newest.ts';
import { batchProgressQuery, cancelUpdate, shardProgressSignal } from './definitions.ts';

/** Shards at once: while one is at its last items, the others have work. */
const MAX_SHARDS = 4;
/** Items a shard: its history stays far below Temporal's bounds. */
const SHARD_ITEMS = { least: 25, light: 2_500, runs: 250 } as const;
/** Items after which the history begins anew. */
const CONTINUE_AFTER_ITEMS = 25_000;

interface BatchState {
  readonly input: RunBatchInput;
  readonly batchId: string;
  readonly startedAtMs: number;
  opened: OpenedBatch | null;
  phase: BatchProgress['phase'];
  /** Of shards that have ended. */
  settled: BatchCounts;
  /** Of shards that run, by their first item. */
  readonly live: Map<number, BatchCounts>;
  cancelReason: string | null;
  /** Why it could not be run to its end. */
  problem: string | null;
  revision: number;
}

export async function runBatch(input: RunBatchInput): Promise<BatchResult> {
  const state = newState(input);
  const scope = new CancellationScope();
  answer(state, scope);
  try {
    await scope.run(() => work(state));
  } catch (error) {
    state.problem = brokenBy(error);
    if (state.problem === null && !isCancellation(error)) throw error;
    if (state.problem === null) state.cancelReason ??= 'It was cancelled in Temporal.';
  }
  const { tenant } = input;
  const result = await CancellationScope.nonCancellable(() =>
    batchActivities(input.queues).closeBatch({
      tenant,
      batchId: state.batchId,
      startedAtMs: state.startedAtMs,
      cancelReason: state.cancelReason,
      problem: state.problem ?? state.opened?.problem ?? null,
    }),
  );
  state.phase = 'ended';
  state.settled = { done: result.done, failed: result.failed, cancelled: result.cancelled };
  state.live.clear();
  state.revision += 1;
  upsertSearchAttributes({ [SEARCH_ATTRIBUTE.status]: [result.outcome] });
  return result;
}

function newState(input: RunBatchInput): BatchState {
  const { workflowId } = workflowInfo();
  return {
    input,
    batchId: input.batchId ?? workflowId.slice(`t:${input.tenant.tenantId}:batch:`.length),
    startedAtMs: input.resumeAt?.startedAtMs ?? Date.now(),
    opened: input.resumeAt?.opened ?? null,
    phase: 'opening',
    settled: input.resumeAt?.counts ?? NO_COUNTS,
    live: new Map(),
    cancelReason: null,
    problem: null,
    revision: 0,
  };
}

function answer(state: BatchState, scope: CancellationScope): void {
  setHandler(batchProgressQuery, () => progressOf(state));
  setHandler(shardProgressSignal, ({ from, counts }) => {
    if (!state.live.has(from)) return;
    state.live.set(from, counts);
    state.revision += 1;
  });
  setHandler(
    cancelUpdate,
    ({ reason }) => {
      state.cancelReason ??= reason;
      scope.cancel();
      return { accepted: true };
    },
    {
      validator: (request) => {
        if (state.phase === 'ended') throw new Error('The batch has ended.');
        if (typeof request?.reason === 'string') return;
        throw new Error('"cancel" takes {reason: string}.');
      },
    },
  );
}

function progressOf(state: BatchState): BatchProgress {
  const counts = [...state.live.values()].reduce(addCounts, state.settled);
  return {
    ...counts,
    phase: state.phase,
    total: state.opened?.total ?? null,
    mode: state.opened?.mode ?? null,
    startedAtMs: state.startedAtMs,
    revision: state.revision,
  };
}

async function work(state: BatchState): Promise<void> {
  const { input, batchId } = state;
  const { tenant, source, settings, round } = input;
  const request: OpenBatchInput = { tenant, batchId, work: input.work, source, settings, round };
  state.opened ??= await batchActivities(input.queues, 'long').openBatch(request);
  state.phase = 'running';
  state.revision += 1;
  const { total, mode, problem } = state.opened;
  if (problem !== null) return;
  const shards = Math.min(MAX_SHARDS, settings.concurrency);
  const size = shardSize(total, mode, shards);
  let next = input.resumeAt?.next ?? 0;
  const last = Math.min(total, next + CONTINUE_AFTER_ITEMS);
  // A lane that finds no items would keep its share of the concurrency and the rate from the others.
  const lanes = Math.min(shards, Math.ceil((last - next) / size));
  const lane = async (number: number): Promise<void> => {
    while (next < last) {
      const from = next;
      next = Math.min(from + size, last);
      await runShard(state, { from, to: next, mode, ...shareOf(settings, lanes, number) });
    }
  };
  await all(Array.from({ length: lanes }, (_, number) => lane(number)));
  if (next < total) await goOn(state, { next, opened: state.opened });
}

/** As `Promise.all`, but where one fails the others are stopped, and have ended, before that is said. */
async function all(lanes: readonly Promise<void>[]): Promise<void> {
  try {
    await Promise.all(lanes);
  } catch (error) {
    // Older batches were closed while parts of them still wrote.
    if (patched('batch-ends-once')) {
      CancellationScope.current().cancel();
      await Promise.allSettled(lanes);
    }
    throw error;
  }
}

/** Why a part of the batch did not end by itself; `null`: none did so. */
function brokenBy(error: unknown): string | null {
  const isPart = error instanceof ChildWorkflowFailure && !isCancellation(error);
  if (!isPart || !patched('batch-ends-once')) return null;
  return `A part of the batch was ended from outside (${describeFailure(error)}). Resume the batch to run what is left.`;
}

/** All lanes together have what the batch has. */
function shareOf(
  { concurrency, ratePerSecond }: RunBatchInput['settings'],
  lanes: number,
  number: number,
): Pick<RunBatchShardInput, 'concurrency' | 'ratePerSecond'> {
  const extra = number < concurrency % lanes ? 1 : 0;
  return {
    concurrency: Math.floor(concurrency / lanes) + extra,
    ratePerSecond: ratePerSecond === null ? null : ratePerSecond / lanes,
  };
}

function shardSize(total: number, mode: OpenedBatch['mode'], shards: number): number {
  const even = Math.ceil(total / shards);
  return Math.min(SHARD_ITEMS[mode], Math.max(SHARD_ITEMS.least, even));
}

type Share = Pick<RunBatchShardInput, 'from' | 'to' | 'mode' | 'concurrency' | 'ratePerSecond'>;

async function runShard(state: BatchState, share: Share): Promise<void> {
  const { tenant, settings, queues, round } = state.input;
  const { batchId } = state;
  state.live.set(share.from, NO_COUNTS);
  const args: [RunBatchShardInput] = [
    { tenant, batchId, round, agent: settings.agent, limits: settings.limits, queues, ...share },
  ];
  const counts = await executeChild<(given: RunBatchShardInput) => Promise<BatchCounts>>(
    WORKFLOW.runBatchShard,
    {
      args,
      workflowId: `t:${tenant.tenantId}:batch:${batchId}:shard:${share.from}`,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    },
  );
  state.live.delete(share.from);
  state.settled = addCounts(state.settled, counts);
  state.revision += 1;
}

/** The history begins anew with numbers only; nothing is in flight between two shards of a lane. */
async function goOn(state: BatchState, at: Pick<BatchPosition, 'next' | 'opened'>): Promise<never> {
  await condition(allHandlersFinished);
  const { startedAtMs, settled: counts } = state;
  return continueOnNewest<typeof runBatch>({
    ...state.input,
    batchId: state.batchId,
    resumeAt: { ...at, counts, startedAtMs },
  });
}
