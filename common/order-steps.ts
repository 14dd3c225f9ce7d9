import type { PlanStep, StepId } from './plan.ts';
import type { StepInputs } from './step-inputs.ts';
import { referencesOf } from './step-inputs.ts';

/** What ordering needs to know of a step. */
export type StepEdges = Pick<PlanStep, 'id' | 'after'> & StepInputs;

/** Why steps have no order. `message` is in plain words and names the steps. */
export type OrderProblem =
  | { readonly kind: 'duplicate-id'; readonly step: StepId; readonly message: string }
  | {
      readonly kind: 'unknown-step';
      readonly step: StepId;
      readonly missing: StepId;
      readonly message: string;
    }
  /** `cycle` begins and ends with the same step; each waits for the next. */
  | { readonly kind: 'cycle'; readonly cycle: readonly StepId[]; readonly message: string };

/** The steps that a step waits for, each once: those it refers to, then `after`. */
export function dependenciesOf(step: StepEdges): readonly StepId[] {
  const needs = new Set<StepId>();
  for (const reference of referencesOf(step)) needs.add(reference.step);
  for (const id of step.after) needs.add(id);
  return [...needs];
}

/**
 * Puts every step behind all that it depends on, otherwise in the order given. Time is linear in
 * steps and edges.
 */
export function orderSteps<Step extends StepEdges>(
  steps: readonly Step[],
): { readonly steps: readonly Step[] } | { readonly problem: OrderProblem } {
  const byId = new Map<StepId, Step>();
  for (const step of steps) {
    if (byId.has(step.id)) return { problem: duplicate(step.id) };
    byId.set(step.id, step);
  }
  const needs = new Map<StepId, readonly StepId[]>();
  const dependents = new Map<StepId, StepId[]>(steps.map((step) => [step.id, []]));
  for (const step of steps) {
    const dependencies = dependenciesOf(step);
    needs.set(step.id, dependencies);
    for (const id of dependencies) {
      const waiting = dependents.get(id);
      if (waiting === undefined) return { problem: unknown(step.id, id) };
      waiting.push(step.id);
    }
  }
  const open = new Map(steps.map((step) => [step.id, needs.get(step.id)?.length ?? 0]));
  const ordered = steps.filter((step) => open.get(step.id) === 0);
  // The list grows while it is read: it is the queue of steps whose needs are all placed.
  for (const placed of ordered) {
    open.delete(placed.id);
    for (const id of dependents.get(placed.id) ?? []) {
      const left = (open.get(id) ?? 0) - 1;
      open.set(id, left);
      const step = byId.get(id);
      if (left === 0 && step !== undefined) ordered.push(step);
    }
  }
  return open.size === 0 ? { steps: ordered } : { problem: cycleAmong(open, needs) };
}

/** Every step left over waits for another one left over, so that a walk along the waits must close. */
function cycleAmong(
  left: ReadonlyMap<StepId, number>,
  needs: ReadonlyMap<StepId, readonly StepId[]>,
): OrderProblem {
  const seenAt = new Map<StepId, number>();
  const walk: StepId[] = [];
  let at = left.keys().next().value;
  while (at !== undefined && !seenAt.has(at)) {
    seenAt.set(at, walk.length);
    walk.push(at);
    at = needs.get(at)?.find((id) => left.has(id));
  }
  const cycle = at === undefined ? walk : [...walk.slice(seenAt.get(at)), at];
  return {
    kind: 'cycle',
    cycle,
    message: `steps wait for each other in a circle: ${cycle.join(' → ')}`,
  };
}

function duplicate(step: StepId): OrderProblem {
  return { kind: 'duplicate-id', step, message: `two steps have the id "${step}"` };
}

function unknown(step: StepId, missing: StepId): OrderProblem {
  return {
    kind: 'unknown-step',
    step,
    missing,
    message: `step "${step}" waits for step "${missing}", which is not in the plan`,
  };
}
