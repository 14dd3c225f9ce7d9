import type { AgentInput, AgentLimits, RunPlanInput, TaskQueues } from './agent.ts';
import type { RunPolicy } from './approval.ts';
import type { TenantContext } from './tenant.ts';
import type { WrittenPlan } from './written-plan.ts';

/** What is done for each item. Text in both may hold `${item}` and `${item.path}`. */
export type BatchWork =
  | { readonly kind: 'goal'; readonly goal: string }
  | { readonly kind: 'plan'; readonly plan: WrittenPlan };

/** Where the items come from: stored before the start, or read by the batch itself. */
export type BatchSource =
  { readonly kind: 'stored' } | { readonly kind: 'url'; readonly url: string };

/**
 * `light`: a worker runs many items in one activity; each tool call goes through ledger and breaker,
 * each item's end is in SQL. `runs`: each item is a run of its own, which can be watched.
 */
export type BatchMode = 'light' | 'runs';

export interface BatchSettings {
  /** A name for lists and search. */
  readonly agent: string;
  /** Items in flight at once. */
  readonly concurrency: number;
  /** Items started a second, at most; `null`: as fast as they go. */
  readonly ratePerSecond: number | null;
  /** `null`: `light` where the plan allows it. */
  readonly mode: BatchMode | null;
  /** Of each item. */
  readonly limits: AgentLimits;
  /** Of each item. @default nobody is asked */
  readonly policy?: RunPolicy;
}

/** Input of the `runBatch` workflow. Items never travel in it. */
export interface RunBatchInput {
  readonly tenant: TenantContext;
  /** `null`: named after the workflow, as schedules start it. */
  readonly batchId: string | null;
  readonly work: BatchWork;
  readonly source: BatchSource;
  readonly settings: BatchSettings;
  readonly queues: TaskQueues;
  /** 1 for the first start; each resume adds one. */
  readonly round: number;
  /** Where the workflow that continued as this one stood; `null` at the start. */
  readonly resumeAt: BatchPosition | null;
}

export interface BatchPosition {
  readonly opened: OpenedBatch;
  /** First item that no shard has taken; all before it have ended. */
  readonly next: number;
  readonly counts: BatchCounts;
  readonly startedAtMs: number;
}

export interface BatchCounts {
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Answer of the `batchProgress` query; `total` is `null` until the items are stored. */
export interface BatchProgress extends BatchCounts {
  readonly phase: 'opening' | 'running' | 'ended';
  readonly total: number | null;
  readonly mode: BatchMode | null;
  readonly startedAtMs: number;
  /** Grows with every change. */
  readonly revision: number;
}

/** The report of a batch, with what failed. */
export interface BatchResult extends BatchCounts {
  /** `partial`: some items failed. `failed`: all of them, or the batch could not begin. */
  readonly outcome: BatchOutcome;
  readonly reason: string | null;
  readonly total: number;
  /** How often each kind of problem came, most frequent first; at most 20. */
  readonly problems: readonly BatchProblem[];
  readonly wallMs: number;
}

export type BatchOutcome = 'completed' | 'partial' | 'failed' | 'cancelled';

export interface BatchProblem {
  /** A failure type, `BadItem`, or `failed`. */
  readonly type: string;
  readonly items: number;
  /** The first item that has it, and its own words. */
  readonly firstIndex: number;
  readonly example: string;
}

/** Which batch an activity is about. */
export interface BatchRef {
  readonly tenant: TenantContext;
  readonly batchId: string;
}

export interface OpenBatchInput extends BatchRef {
  readonly work: BatchWork;
  readonly source: BatchSource;
  readonly settings: BatchSettings;
  readonly round: number;
}

/** `problem`: the batch cannot begin, and why. */
export interface OpenedBatch {
  readonly total: number;
  readonly mode: BatchMode;
  readonly problem: string | null;
}

/** Items `from` to `to`, without `to`. */
export interface BatchRange extends BatchRef {
  readonly from: number;
  readonly to: number;
  readonly round: number;
}

/** What a shard finds in its range. */
export interface RangeItems {
  /** Indexes of the items that wait to be run. */
  readonly waiting: readonly number[];
  /** Of those that do not: broken lines, and what an earlier round has ended. */
  readonly counts: BatchCounts;
}

export interface RunBatchShardInput extends BatchRange {
  readonly mode: BatchMode;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  readonly agent: string;
  readonly limits: AgentLimits;
  readonly queues: TaskQueues;
}

export interface RunBatchChunkInput extends BatchRange {
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
}

/** Input of the `runBatchItem` workflow: one item as a run of its own. */
export interface RunBatchItemInput extends BatchRef {
  readonly index: number;
  readonly round: number;
  readonly agent: string;
  readonly limits: AgentLimits;
  readonly queues: TaskQueues;
}

export interface ItemOutcome {
  readonly outcome: 'done' | 'failed' | 'cancelled';
}

/** An item made ready to run; `ended`: it needs no run, since it has ended or cannot begin. */
export type PreparedItem =
  | { readonly kind: 'agent'; readonly runId: string; readonly input: AgentInput }
  | { readonly kind: 'plan'; readonly runId: string; readonly input: RunPlanInput }
  | { readonly kind: 'ended'; readonly outcome: ItemOutcome['outcome'] };

export interface EndBatchItemInput extends BatchRef {
  readonly index: number;
  readonly round: number;
  readonly outcome: ItemOutcome['outcome'];
  readonly problem: string | null;
  /** What the run gave: `AgentResult`, `RunPlanResult`, or `null` where it gave nothing. */
  readonly result: object | null;
}

export interface FailBatchRangeInput extends BatchRange {
  readonly problem: string;
}

export interface CloseBatchInput extends BatchRef {
  readonly startedAtMs: number;
  /** Why the batch was stopped; `null`: it went to its end. */
  readonly cancelReason: string | null;
  /** Why it could not begin. */
  readonly problem: string | null;
}
