import type { StepId } from '../plan.ts';

/**
 * Why one step waits for another, strongest first:
 * - `reference`: an argument takes a value from the earlier step.
 * - `after`: the plan says so.
 * - `rule`: a composition rule of the tenant asks for it (`ruleEdges`).
 * - `hidden`: an argument has no value, and the earlier step is the one that most likely makes it.
 * - `resource`: both touch the same thing and one of them changes it.
 * - `kept-order`: written in this order, and nothing shows that another one would be safe.
 */
export type EdgeReason = 'reference' | 'after' | 'rule' | 'hidden' | 'resource' | 'kept-order';

/** `to` starts only when `from` has ended. */
export interface PlanEdge {
  readonly from: StepId;
  readonly to: StepId;
  readonly reason: EdgeReason;
  /** What the reason is about, in words: `argument "path"`, `both touch /tmp/a, "x" changes it`. */
  readonly detail: string;
}
