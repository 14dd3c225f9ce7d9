import type { PlanStep, StepId } from '../plan.ts';
import { dependenciesOf } from '../order-steps.ts';

/**
 * Leaves out reads whose result neither the caller nor a step that stays waits for. A step with an
 * effect always stays, with all that it waits for.
 *
 * @param wanted the steps whose results the caller asked for
 */
export function dropDeadSteps(
  steps: readonly PlanStep[],
  wanted: readonly StepId[],
): readonly PlanStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const effects = steps.filter(({ effect }) => effect !== 'read').map(({ id }) => id);
  const alive = new Set<StepId>([...wanted, ...effects]);
  for (const id of alive) {
    const step = byId.get(id);
    for (const need of step === undefined ? [] : dependenciesOf(step)) alive.add(need);
  }
  return steps.filter(({ id }) => alive.has(id));
}
