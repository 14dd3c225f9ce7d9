import type { JsonObject, JsonValue } from './json.ts';
import type { ChildAgentLimits } from './plan.ts';

/**
 * A plan as people and models write it, in YAML or JSON. Arguments are plain JSON in which a string
 * may refer to an earlier step: `${read}` is the whole value of step `read`, `${list.items[0].name}`
 * a value inside it, `${read.$text}` its text. A string that is one reference keeps the value's
 * type; with other text around it, the value is put into the text. `$${` is a literal `${`.
 */
export interface WrittenPlan {
  readonly steps: readonly WrittenStep[];
  /**
   * `free`: the steps have the order that references and `after` state, and no other. `written`:
   * they were written down one after the other; what may safely run at the same time does.
   * @default 'free'
   */
  readonly order?: 'free' | 'written';
  /** Steps whose results are wanted: a read that none of them, and no effect, needs is left out. @default all */
  readonly returns?: readonly string[];
}

/** One of `tool`, `waitFor`, `plan` and `agent` says what it does. */
export interface WrittenStep {
  readonly id: string;
  /** A tool id (`server/tool`) or its model name. */
  readonly tool?: string;
  /** Arguments of the tool, or what a `plan` is given. */
  readonly args?: JsonObject;
  /** Waits as long as the run may take, without holding a place of a step that works. */
  readonly waitFor?: WrittenWait;
  /**
   * A plan as a run of its own, which shares budget and policy. Its steps refer to this step's
   * `args` as `${args.name}`; the answer has a field for each of its steps, or for those in its
   * `returns`. It works only where all of it does.
   */
  readonly plan?: WrittenPlan;
  /** An agent as a run of its own, which shares budget and policy. The answer is `{answer}`. */
  readonly agent?: ChildAgentLimits & {
    /** May refer to other steps. */
    readonly goal: string;
  };
  /** Ids of steps to wait for, besides those that the arguments refer to. */
  readonly after?: readonly string[];
  /** @default 'abort' */
  readonly onFailure?: 'abort' | 'skip-dependents';
  /** @default the tool's name */
  readonly title?: string;
  /** @default the server's call timeout */
  readonly timeoutMs?: number;
  /**
   * The call that takes back what this step did, made when the plan fails and the run's policy says
   * `rollback`. Its arguments may refer to this step (`${book.id}`).
   */
  readonly undo?: { readonly tool: string; readonly args?: JsonObject };
  /**
   * The call that is made instead where the tool failed for good and certainly did nothing.
   * @default of `args`: those of the step
   */
  readonly fallback?: { readonly tool: string; readonly args?: JsonObject };
  /** The step runs only where this holds: one comparison, or none for "is true". @default always */
  readonly when?: WrittenCondition;
  /**
   * Calls the tool once for each item of a list (1,000 at most); `${item}` and `${item.name}` in
   * `args` are the item. The answer is `{items: […]}`.
   */
  readonly forEach?: {
    readonly items: JsonValue;
    /** @default 10 */
    readonly maxParallel?: number;
  };
  /** Attempts of a call, those that an open breaker refused included. @default bounded by time */
  readonly maxAttempts?: number;
  /** Where it fails or is skipped, what needs it goes on with an empty answer. @default false */
  readonly optional?: boolean;
}

/** One of them. */
export interface WrittenWait {
  /** Up to 604,800 (a week), or a reference. The answer is `{until}`. */
  readonly seconds?: number | string;
  /** ISO 8601 with a zone, or a reference; what is over is not waited for. */
  readonly until?: string;
  /**
   * Name of a signal, sent to the run by someone; one that came before is kept. What comes with it
   * is the answer. `timeoutMs` bounds the wait.
   */
  readonly signal?: string;
}

export interface WrittenCondition {
  readonly value: JsonValue;
  readonly equals?: JsonValue;
  readonly notEquals?: JsonValue;
  readonly above?: number;
  readonly below?: number;
  readonly exists?: boolean;
}
