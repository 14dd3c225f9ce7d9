/**
 * Signals, queries and updates of the workflows, shared with clients. The names are durable:
 * renaming one breaks open runs.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunProgress } from '../common/agent.ts';
import type { ApprovalVerdict } from '../common/approval.ts';
import type { BudgetLimit } from '../common/budget.ts';
import type { JsonValue } from '../common/json.ts';
import type { LlmUsage } from '../common/llm.ts';
import type { BatchCounts, BatchProgress } from '../common/batch.ts';
import { TOOL_ASKS } from '../common/names.ts';
import type { ToolAnswer, ToolQuestion } from '../common/tool-question.ts';

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
  /** Tool calls that are likely to follow: so many may be lent. @default it cannot keep any */
  readonly ahead?: number;
}

/** From the parent: as many as it may make, and the limit where that is less than it asked for. */
export interface BudgetAnswer {
  readonly id: string;
  readonly granted: number;
  readonly limit: BudgetLimit | null;
  /** Calls besides, which it may make without asking until they are called back. @default 0 */
  readonly lent?: number;
}

/** From the parent to a child run that it may have lent calls: give back what is not made. */
export interface BudgetRecall {
  readonly id: string;
  /** The latest answer that lent some: it may still be on its way. */
  readonly after: string | null;
  /** The parent is paused: also model calls that nobody has to be asked for wait. */
  readonly isPaused: boolean;
}

/** From a child run to its parent: what it was granted has ended, or was not needed. */
export interface BudgetSettle {
  readonly from: string;
  /** Tool calls that were granted and not made. */
  readonly returnedToolCalls: number;
  /** The question for a model call that was granted, and what the call took; `null`: not made. */
  readonly modelCall: { readonly id: string; readonly usage: LlmUsage | null } | null;
  /** The recall that it answers. */
  readonly recall?: string;
}

export const budgetAskSignal = defineSignal<[BudgetAsk]>('budgetAsk');
export const budgetAnswerSignal = defineSignal<[BudgetAnswer]>('budgetAnswer');
export const budgetSettleSignal = defineSignal<[BudgetSettle]>('budgetSettle');
export const budgetRecallSignal = defineSignal<[BudgetRecall]>('budgetRecall');
export const batchProgressQuery = defineQuery<BatchProgress>('batchProgress');

/** From a shard to its batch: how its items stand. */
export interface ShardProgress {
  /** First item of the shard, which names it. */
  readonly from: number;
  readonly counts: BatchCounts;
}

export const shardProgressSignal = defineSignal<[ShardProgress]>('shardProgress');

/** Who gives an order to a run: it is refused where the run is another tenant's. */
export interface Orderer {
  readonly tenantId: string;
  /** The person or service, as the history will show it. */
  readonly actor: string;
}

export interface DecideRequest extends Orderer {
  /** Of the pending decision. */
  readonly id: string;
  readonly decision: ApprovalVerdict;
}

/** Rejected, with why, where it is late, the second one, of another tenant, or would not be valid. */
export const decideUpdate = defineUpdate<{ readonly accepted: boolean }, [DecideRequest]>('decide');

/** The ledger knows how a call ended: whoever waits for that may ask it. */
export const effectDecidedSignal = defineSignal<[{ readonly key: string }]>('effectDecided');

/** From a tool call under way, whose server asks a person something and waits for the answer. */
export interface ToolAsksRequest {
  /** Idempotency key of the call. */
  readonly key: string;
  readonly question: ToolQuestion;
  /** After which the server waits no longer. */
  readonly timeoutMs: number;
}

export const toolAsksUpdate = defineUpdate<ToolAnswer, [ToolAsksRequest]>(TOOL_ASKS);

/** No step and no turn starts while a run is paused; what runs goes on. */
export const pauseUpdate = defineUpdate<{ readonly accepted: boolean }, [Orderer]>('pause');
export const resumeUpdate = defineUpdate<{ readonly accepted: boolean }, [Orderer]>('resume');

export interface SteerRequest extends Orderer {
  readonly text: string;
}

/** Tells a running agent something: steps that wait are left, and it plans again with that. */
export const steerUpdate = defineUpdate<{ readonly accepted: boolean }, [SteerRequest]>('steer');

export interface SignalRequest extends Orderer {
  readonly name: string;
  /** The answer of the step that waits for it. */
  readonly payload: JsonValue;
}

/** Something that a step of the run waits for has come; where none waits yet, it is kept. */
export const signalUpdate = defineUpdate<{ readonly accepted: boolean }, [SignalRequest]>('signal');

export interface SendMessageRequest extends Orderer {
  /** The same again is the same message; also the id of the run that answers it. */
  readonly messageId: string;
  readonly text: string;
}

/** Says something in a conversation; its run answers after those before it. */
export const sendMessageUpdate = defineUpdate<{ readonly runId: string }, [SendMessageRequest]>(
  'sendMessage',
);

/** Which messages of a conversation are answered, oldest first; of the answered ones the latest. */
export interface ConversationState {
  readonly answered: readonly string[];
  /** The message whose run goes on now. */
  readonly answering: string | null;
  readonly waiting: readonly string[];
}

export const conversationQuery = defineQuery<ConversationState>('conversation');
