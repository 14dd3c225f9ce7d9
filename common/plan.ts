import type { Id, JsonValue } from './json.ts';
import type { ResourceRule } from './optimise/tool-facts.ts';
import type { EffectClass, ToolId, ToolResult } from './tool.ts';

export type StepId = Id<'step'>;

/** A directed acyclic graph of tool calls. The order of `steps` means nothing; the edges do. */
export interface Plan {
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  /** `^[A-Za-z][A-Za-z0-9_-]{0,63}$`, unique in the plan. */
  readonly id: StepId;
  readonly tool: ToolId;
  readonly args: Readonly<Record<string, StepArg>>;
  /** Only the edges that no argument already states. */
  readonly after: readonly StepId[];
  /** `abort` ends the plan; `skip-dependents` goes on with what does not need this step. */
  readonly onFailure: 'abort' | 'skip-dependents';
  /** Set from the registry when the plan is checked: decides retries. */
  readonly effect: EffectClass;
  /** Definition that the plan was checked against. */
  readonly fingerprint: string | null;
  /** Longest time for one attempt, ms. */
  readonly timeoutMs: number;
  /** What the step is for, in a person's words; shown in progress and in the Temporal UI. */
  readonly title: string;
  /**
   * Asks what that step, among those it waits for, asks at the same point: its answer is taken and
   * no call made.
   */
  readonly sameAs?: StepId;
  /** A read whose answer was there when the plan was made: no call is made. @default it is called */
  readonly known?: KnownAnswer;
  /** What a call of the tool has taken of late, ms; orders the starts and promises nothing. */
  readonly expectedMs?: number;
  /** Why a person decides before the call. @default the run's policy decides */
  readonly approval?: string;
  /** The call that takes back what this step did. @default none */
  readonly undo?: StepUndo;
  /** Else the step is skipped; what needs it too, unless it is `optional`. @default always */
  readonly when?: StepCondition;
  /** Calls the tool for each item; `${item}` in `args` is the item, the answer `{items: […]}`. */
  readonly forEach?: ForEach;
  /** Attempts of a call, those that an open breaker refused included. @default bounded by time */
  readonly maxAttempts?: number;
  /** Where it fails or is skipped, what needs it goes on with an empty answer. @default false */
  readonly optional?: boolean;
  /**
   * What it does where it calls no tool: `tool` is then the kind (a name that no tool has, for want
   * of a server), and `args` are what the action takes. @default it calls `tool`
   */
  readonly action?: StepAction;
  /** Asked where the tool failed for good and certainly did nothing. @default nothing is */
  readonly fallback?: StepFallback;
  /** Of a step that calls for each item: the tool that takes many at once. @default one by one */
  readonly batch?: BatchTool;
  /** One call in the place of many; nothing refers to its answer, which is theirs. */
  readonly callsFor?: CallsFor;
  /** The step that calls for this one; it makes its own call where that brought it no answer. */
  readonly partOf?: StepId;
}

/** A tool that answers for a list what another answers for one value. */
export interface BatchTool extends Pick<
  PlanStep,
  'tool' | 'effect' | 'fingerprint' | 'timeoutMs' | 'expectedMs'
> {
  /** Argument of the other tool that differs from call to call. */
  readonly argument: string;
  /** Argument of this tool that takes the list of them. */
  readonly items: string;
  /** Where in the answer the list of results is, in the order of the items; `''` is the whole. */
  readonly result: string;
  readonly maxItems: number;
}

export interface CallsFor {
  /** In the order of the items. */
  readonly steps: readonly StepId[];
  /** What they would call. */
  readonly tool: ToolId;
  /** The argument that takes the list of items. */
  readonly items: string;
  /** Where in the answer theirs are. */
  readonly result: string;
}

/**
 * - `wait`: until a moment. `args`: `{seconds}` or `{until}`, ISO 8601 with a zone.
 * - `signal`: until someone sends the signal; what came with it is the answer.
 * - `plan`: a plan of its own as a child run; its step `args` brings what the step is given.
 * - `agent`: an agent as a child run. `args`: `{goal}`.
 * - `value`: nothing; the arguments are the answer.
 */
export type StepAction =
  | { readonly kind: 'wait' }
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'plan'; readonly plan: Plan; readonly returns: readonly StepId[] | null }
  | { readonly kind: 'agent'; readonly limits: ChildAgentLimits }
  | { readonly kind: 'value' };

/** An answer from the cache of results. A step that starts later, ms since the epoch, asks again. */
export interface KnownAnswer {
  readonly result: ToolResult;
  readonly untilMs: number;
}

/** Limits of a child agent, besides what is left of its parent's. US dollars, tokens, times. */
export interface ChildAgentLimits {
  readonly maxTurns?: number;
  readonly maxToolCalls?: number;
  readonly maxTokens?: number;
  readonly maxCostUsd?: number;
}

/** One comparison at most; none asks whether the value is neither false, null, 0 nor empty. */
export interface StepCondition {
  readonly value: StepArg;
  readonly equals?: JsonValue;
  readonly notEquals?: JsonValue;
  readonly above?: number;
  readonly below?: number;
  readonly exists?: boolean;
}

export interface ForEach {
  readonly items: StepArg;
  /** Items in flight at once. */
  readonly maxParallel: number;
  /** Each item in flight takes a place of the run's and waits while it is paused. @default the step does */
  readonly takesPlaces?: true;
  /** What a call touches: items that meet at one thing are called one after the other. @default nothing */
  readonly touches?: readonly ResourceRule[];
}

export type StepUndo = Pick<PlanStep, 'tool' | 'args' | 'effect' | 'fingerprint' | 'timeoutMs'>;

/** Another call for the same purpose. */
export interface StepFallback extends StepUndo {
  /** Why a person decides before the call. @default the run's policy decides */
  readonly approval?: string;
}

/**
 * Where an argument comes from. `output` keeps the referenced value's type; `template` is text with
 * values in it. The written form is in `parseStepArg`.
 */
export type StepArg =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | OutputRef
  | { readonly kind: 'template'; readonly parts: readonly (string | OutputRef)[] }
  | { readonly kind: 'list'; readonly items: readonly StepArg[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, StepArg>> };

export interface OutputRef {
  readonly kind: 'output';
  readonly step: StepId;
  /** `''` is the whole value; else `items[0].name`; `$text` is the result's text. */
  readonly path: string;
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'skipped' | 'cancelled';
