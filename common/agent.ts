import type { AgentEnds, AgentRound } from './agent-rounds.ts';
import type { PendingDecision, RunPolicy } from './approval.ts';
import type { CarriedRun } from './carried-run.ts';
import type { ConversationRef } from './conversation.ts';
import type { ContextUse } from './context-use.ts';
import type { Degraded } from './degraded.ts';
import type { LimitWait } from './limit-wait.ts';
import type { LlmRouting } from './llm-routing.ts';
import type { LlmUsage } from './llm.ts';
import type { ModelChoice } from './model-choice.ts';
import type { Plan, StepId, StepState } from './plan.ts';
import type { TenantContext } from './tenant.ts';
import type { ToolId, ToolResult } from './tool.ts';
import type { WrittenPlan } from './written-plan.ts';

/** Input of the `runAgent` workflow. */
export interface AgentInput {
  readonly tenant: TenantContext;
  /** Which agent this is a run of: a name for lists and search. */
  readonly agent: string;
  readonly goal: string;
  /**
   * By reference: a transcript never travels in a workflow or activity input. `null` begins a new
   * conversation, named after the workflow.
   */
  readonly conversation: ConversationRef | null;
  readonly limits: AgentLimits;
  /** Task queues by resource class. */
  readonly queues: TaskQueues;
  /**
   * Calls of effect class `read` that are known to be short run as local activities: fewer trips
   * through the server, and after a crash those of the last moments run again. Only where one
   * worker serves workflows and tools. @default false
   */
  readonly fastReads?: boolean;
  /** Of a child run. @default the run has a budget of its own */
  readonly budgetOwner?: BudgetOwner;
  /** Runs above it. @default 0 */
  readonly depth?: number;
  /** Tools that runs above it use, for rules that keep tools apart. @default none */
  readonly toolsAbove?: readonly ToolId[];
  /** @default nobody is asked */
  readonly policy?: RunPolicy;
  /** Set by the run itself when it continues as new. */
  readonly carried?: CarriedRun;
  /** Events of history after which it does. @default as the server suggests */
  readonly leaveAfterEvents?: number;
  /** The run belongs to a batch: models that are priced for batches may serve it. @default false */
  readonly batch?: boolean;
}

export interface TaskQueues {
  readonly agent: string;
  readonly tool: string;
  readonly llm: string;
}

/** Every loop in a run ends at one of these. */
export interface AgentLimits {
  /** Times the planner is asked. */
  readonly maxTurns: number;
  readonly maxToolCalls: number;
  /** Wall time of the whole run, ms. */
  readonly maxWallMs: number;
  /** Steps in flight at once in this run; of a step that maps, its items. */
  readonly maxParallel: number;
  /** The same on any one server. @default no limit of its own */
  readonly maxParallelPerServer?: number;
  /** Tokens of all model calls, those of child runs included. @default no limit */
  readonly maxTokens?: number;
  /** US dollars for model calls, those of child runs included. @default no limit */
  readonly maxCostUsd?: number;
  /** Plans after the first. @default no limit but the turns */
  readonly maxReplans?: number;
}

/** A child run shares its parent's budget: it asks for each call, besides its own limits. */
export interface BudgetOwner {
  /** Temporal's id of the parent. */
  readonly workflowId: string;
  /** No run above counts what models cost: they are not asked for. @default false */
  readonly isForToolsOnly?: true;
}

export type AgentResult = {
  readonly planner: PlannerUsed | null;
  readonly turns: number;
  readonly toolCalls: number;
  readonly usage: LlmUsage;
  /** Every step of every plan of the run, in the order in which the plans were made. */
  readonly steps: readonly StepReport[];
  /** Steps of early plans that are left out above, since the run was very long. @default 0 */
  readonly earlierSteps?: number;
  /** What was sent to models and what was spared; absent where no model was asked. */
  readonly context?: ContextUse;
  /** How the latest model calls found their models; absent where no model was asked. */
  readonly models?: readonly ModelChoice[];
} & (
  | { readonly outcome: 'answered'; readonly answer: string }
  /** The planner cannot go on without something it names; nothing was guessed. */
  | { readonly outcome: 'needs-input'; readonly question: string }
  | {
      readonly outcome: 'out-of-budget';
      readonly limit: keyof AgentLimits;
      readonly answer: string | null;
    }
  | { readonly outcome: 'failed'; readonly reason: string }
  | { readonly outcome: 'cancelled'; readonly reason: string }
);

export interface PlannerUsed {
  /** `offline` needs no model. */
  readonly kind: 'offline' | 'model';
  readonly provider: string | null;
  readonly model: string | null;
}

/** Input of the `runPlan` workflow. */
export interface RunPlanInput {
  readonly tenant: TenantContext;
  /** A name for lists and search. */
  readonly agent: string;
  /** A plan that was checked before the start, with the tools' fingerprints in it. */
  readonly plan: Plan | null;
  /** Else a plan as written: the run checks it first. */
  readonly written: WrittenPlan | null;
  readonly limits: AgentLimits;
  readonly queues: TaskQueues;
  /** As in `AgentInput`. @default false */
  readonly fastReads?: boolean;
  /** Of a child run. @default the run has a budget of its own */
  readonly budgetOwner?: BudgetOwner;
  /** Runs above it. @default 0 */
  readonly depth?: number;
  /** @default nobody is asked */
  readonly policy?: RunPolicy;
  /**
   * Of steps that are called anew in a later round of a batch, by id: their number goes into the key
   * of the call. `STEP[n]` is an item of a list, `STEP/ID` a step of the plan that `STEP` runs.
   * @default 1
   */
  readonly epochs?: Readonly<Record<string, number>>;
  /** Of an item of a batch whose plan has agents. @default there is no other round */
  readonly agents?: AgentRound;
  /** Set by the run itself when it continues as new. */
  readonly carried?: CarriedRun;
  /** Events of history after which it does. @default as the server suggests */
  readonly leaveAfterEvents?: number;
}

export interface RunPlanResult {
  /** `completed`: every step is done. `partial`: some failed or were skipped, none asked to abort. */
  readonly outcome: 'completed' | 'partial' | 'failed' | 'out-of-budget' | 'cancelled';
  /** Names the step and why; `null` when completed. */
  readonly reason: string | null;
  readonly steps: readonly StepReport[];
  readonly results: Readonly<Record<string, ToolResult>>;
  readonly wallMs: number;
  /**
   * Items of lists, `STEP[n]`, and steps of plans within this one, `STEP/ID`, that a later round of a
   * batch calls anew. @default none
   */
  readonly anewBelow?: readonly string[];
  /** What a later round of a batch is to know of its child agents. @default there is none */
  readonly agents?: AgentEnds;
}

/** How one step stands or ended. Times are workflow time, ms since the epoch. */
export interface StepReport {
  readonly id: StepId;
  readonly tool: ToolId;
  readonly title: string;
  readonly state: StepState;
  /** Steps it waited for. */
  readonly needs: readonly StepId[];
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Why it failed or was skipped; else `null`. */
  readonly problem: string | null;
  /** First characters of the answer. */
  readonly preview: string | null;
  /** Set where an alternate path gave the answer. */
  readonly degraded?: readonly Degraded[];
  /** No call was made: the answer was known when the plan was made. @default false */
  readonly cached?: true;
  /** The child run that does the step, for one that is a plan or an agent; the latest of several. */
  readonly run?: string;
  /** Of a step that waits: when it ends by itself. */
  readonly untilMs?: number;
  /** Calls of it that wait for a limit, and since when the first does; added where a run is shown. */
  readonly waitsFor?: LimitWait & { readonly sinceMs: number; readonly calls: number };
}

/** Answer of the `progress` query. */
export interface RunProgress {
  readonly phase: 'planning' | 'running' | 'ended';
  readonly goal: string | null;
  readonly planner: PlannerUsed | null;
  readonly turn: number;
  readonly steps: readonly StepReport[];
  /** Grows with every change, so that a watcher can tell whether it missed one. */
  readonly revision: number;
  /** No step starts until it is resumed. @default false */
  readonly isPaused?: boolean;
  /** What waits for a person. @default nothing */
  readonly pending?: readonly PendingDecision[];
  /** What was sent to models so far and what was spared; absent where no model was asked. */
  readonly context?: ContextUse;
  /** How the latest model calls found their models; absent where no model was asked. */
  readonly models?: readonly ModelChoice[];
}

/** Input of the `planGoal` activity. */
export interface PlanGoalInput {
  readonly tenant: TenantContext;
  readonly goal: string;
  readonly conversation: ConversationRef;
  /** 1 for the first time the planner is asked. */
  readonly turn: number;
  /** Steps that may still be run. */
  readonly stepsLeft: number;
  /** What the last plan brought; empty on the first turn. */
  readonly observations: readonly StepObservation[];
  /** Step ids already used in this run: a new plan must not reuse them. */
  readonly usedStepIds: readonly StepId[];
  /** Tools that this run has used, for rules that reach over its plans. @default none */
  readonly usedTools?: readonly ToolId[];
  /** Tools that runs above this one use, for rules that keep tools apart. @default none */
  readonly toolsBeside?: readonly ToolId[];
  /** What was said to the running agent since the last turn. @default nothing */
  readonly messages?: readonly string[];
  /** Reads of the plan that may be made while it is still being written. @default none */
  readonly earlyReads?: number;
  /** The run belongs to a batch: models that are priced for batches may serve it. @default false */
  readonly batch?: boolean;
  /** What the run may still spend, US dollars. @default no limit */
  readonly budgetUsd?: number;
}

export interface StepObservation {
  readonly step: StepReport;
  /** `null` where the step did not run. */
  readonly result: ToolResult | null;
}

/** What a goal takes to be done, in the order of doing it. */
export interface GoalSteps {
  /** `rules`: its clauses. */
  readonly by: 'model' | 'rules';
  readonly steps: readonly string[];
}

/** What the planner decided, and the reference that now includes this turn. */
export type PlanGoalResult = {
  readonly planner: PlannerUsed;
  readonly conversation: ConversationRef;
  readonly usage: LlmUsage;
  /** Tools that were looked at to decide, for the record. */
  readonly toolsConsidered: readonly ToolId[];
  /** Reads that were made early and that the plan then did not ask for. @default 0 */
  readonly unusedReads?: number;
  /** How each model call of the turn found its model; absent where no model was asked. */
  readonly routing?: readonly LlmRouting[];
  /** What was sent to models and what was spared; absent where no model was asked. */
  readonly context?: ContextUse;
  /** Each was searched for; absent where the turn began with no goal. */
  readonly goalSteps?: GoalSteps;
} & (
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'needs-input'; readonly question: string }
  /** What was asked for was not reached and another plan would not help. */
  | { readonly kind: 'gave-up'; readonly reason: string }
);
