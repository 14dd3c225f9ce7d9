import type { AgentEnds } from './agent-rounds.ts';
import type { PlannerUsed, StepReport } from './agent.ts';
import type { ApprovalVerdict, PendingDecision } from './approval.ts';
import type { BudgetState } from './budget.ts';
import type { ContextUse } from './context-use.ts';
import type { ConversationRef } from './conversation.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { LlmUsage } from './llm.ts';
import type { ModelChoice } from './model-choice.ts';
import type { Plan } from './plan.ts';
import type { ToolId, ToolResult } from './tool.ts';
import type { ToolAsks } from './tool-question.ts';

/**
 * What a run takes along when it continues as new, so that its history stays short. References, not
 * contents: the transcript is in the conversation store, longer results are artifacts.
 */
export interface CarriedRun {
  /** Workflow time at which the run must have ended. */
  readonly deadlineMs: number;
  /** When the run began, workflow time. */
  readonly startedAtMs: number;
  readonly turn: number;
  readonly plans: number;
  readonly toolCalls: number;
  readonly revision: number;
  readonly planner: PlannerUsed | null;
  readonly usage: LlmUsage;
  /** @default no model was asked */
  readonly context?: ContextUse;
  /** @default no model was asked */
  readonly models?: readonly ModelChoice[];
  /** `null` of a run without a planner. */
  readonly conversation: ConversationRef | null;
  /** Of the open plan and the latest before it. */
  readonly steps: readonly StepReport[];
  /** Steps that are left out above. */
  readonly earlierSteps: number;
  /** Tools of all steps, those that are left out included. */
  readonly usedTools: readonly ToolId[];
  readonly budget: BudgetState;
  /** As in the result of a plan's run. @default none */
  readonly anewBelow?: readonly string[];
  /** As in the result of a plan's run. @default it belongs to no batch */
  readonly agents?: AgentEnds;
  readonly control: ControlState;
  /** The plan in the middle of which it left, and what its steps brought, in the order they ended. */
  readonly open: {
    readonly plan: Plan;
    readonly results: readonly (readonly [string, ToolResult])[];
    /** By step: the items of its list that have ended, where others wait still. @default none */
    readonly items?: readonly (readonly [string, readonly EndedItem[]])[];
  };
}

/** Its number in the list, from 0, and its answer; `null`: it may be missing, and failed. */
export type EndedItem = readonly [number, ToolResult | null];

/** What people did to a run and what waits for them. */
export interface ControlState {
  readonly isPaused: boolean;
  readonly messages: readonly string[];
  readonly decisions: DecisionsState;
  /** Sent and not yet waited for, the earliest first. @default none */
  readonly signals?: readonly KeptSignal[];
  /** Calls that wait for answers. @default none */
  readonly asked?: readonly AskedCall[];
}

export interface AskedCall {
  /** Its idempotency key. */
  readonly key: string;
  readonly asks: ToolAsks;
  /** How often it has asked so far. */
  readonly rounds: number;
  /** As a person approved them. @default as planned */
  readonly args?: JsonObject;
}

export interface KeptSignal {
  readonly name: string;
  readonly payload: JsonValue;
}

export interface DecisionsState {
  /** Decisions asked for so far. */
  readonly asked: number;
  readonly open: readonly PendingDecision[];
  /** By id: how each of the latest was decided. */
  readonly decided: Readonly<Record<string, string>>;
  /** Decided while no step waited, for the step to find when it asks again. @default none */
  readonly ahead?: readonly DecidedAhead[];
  /** Calls that were approved and wait on with what came of them. @default none */
  readonly approved?: readonly ApprovedCall[];
  /** Keys that were decided in the ledger while nobody was asked about them. @default none */
  readonly settled?: readonly string[];
}

export interface ApprovedCall {
  /** Its idempotency key. */
  readonly key: string;
  readonly args: JsonObject;
}

export interface DecidedAhead {
  readonly entry: PendingDecision;
  readonly verdict: ApprovalVerdict & { readonly by: string };
}
