/**
 * Signals, queries and updates of the workflows, shared with clients. The names are durable:
 * renaming one breaks open runs.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunProgress } from '../common/agent.ts';
import type { BudgetLimit } from '../common/budget.ts';
import type { LlmUsage } from '../common/llm.ts';
import type { BatchCounts, BatchProgress } from '../common/batch.ts';

export const progressQuery = defineQuery<RunProgress>('progress');

export interface CancelRequest {
  /** Shown in the result. */
  readonly reason: string;
}

/** Ends the run in order: tools in flight are told to stop, and the result says what was done. */
export const cancelUpdate = defineUpdate<{ readonly accepted: boolean }, [CancelRequest]>('cancel');

/** From a child run to its parent: may it make so many calls? */
export interface BudgetAsk {
  /** Temporal's id of the child. */
  readonly from: string;
  /** Tells the child's questions apart. */
  readonly id: string;
  readonly wants: 'tool-calls' | 'model-call';
  readonly count: number;
}

/** From the parent: as many as it may make, and the limit where that is less than it asked for. */
export interface BudgetAnswer {
  readonly id: string;
  readonly granted: number;
  readonly limit: BudgetLimit | null;
}

/** From a child run to its parent: what it was granted has ended, or was not needed. */
export interface BudgetSettle {
  readonly from: string;
  /** Tool calls that were granted and not made. */
  readonly returnedToolCalls: number;
  /** The question for a model call that was granted, and what the call took; `null`: not made. */
  readonly modelCall: { readonly id: string; readonly usage: LlmUsage | null } | null;
}

export const budgetAskSignal = defineSignal<[BudgetAsk]>('budgetAsk');
export const budgetAnswerSignal = defineSignal<[BudgetAnswer]>('budgetAnswer');
export const budgetSettleSignal = defineSignal<[BudgetSettle]>('budgetSettle');
export const batchProgressQuery = defineQuery<BatchProgress>('batchProgress');

/** From a shard to its batch: how its items stand. */
export interface ShardProgress {
  /** First item of the shard, which names it. */
  readonly from: number;
  readonly counts: BatchCounts;
}

export const shardProgressSignal = defineSignal<[ShardProgress]>('shardProgress');
