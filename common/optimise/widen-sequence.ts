import type { Plan, PlanStep } from '../plan.ts';
import { dependenciesOf } from '../order-steps.ts';
import type { OrderedPlan } from './resolve-order.ts';
import { resolveOrder } from './resolve-order.ts';
import type { FindToolFacts } from './tool-facts.ts';

/** Each step waits for the one written before it, and none refers to a later one. */
export function isPlainSequence({ steps }: Plan): boolean {
  const seen = new Set<string>();
  return steps.every((step, index) => {
    const backward = dependenciesOf(step).every((id) => seen.has(id));
    seen.add(step.id);
    return backward && (index === 0 || step.after.includes(steps[index - 1]?.id as PlanStep['id']));
  });
}

/**
 * Turns a plan written as a plain sequence (`isPlainSequence`, or steps with no `after` whose
 * written order is meant) into the widest graph that is safe: the order between neighbours goes,
 * and what comes back is what references, other `after`s, missing values, resources and effects
 * need.
 */
export function widenSequence(plan: Plan, findFacts: FindToolFacts): OrderedPlan {
  const free = isPlainSequence(plan) ? plan.steps.map(withoutNeighbour(plan.steps)) : plan.steps;
  return resolveOrder({ steps: free }, { findFacts, guardEffects: true });
}

function withoutNeighbour(steps: readonly PlanStep[]) {
  return (step: PlanStep, index: number): PlanStep => ({
    ...step,
    after: step.after.filter((id) => id !== steps[index - 1]?.id),
  });
}
