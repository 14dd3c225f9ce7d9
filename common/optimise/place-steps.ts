import { dependenciesOf } from '../order-steps.ts';
import type { PlanStep, StepId } from '../plan.ts';

/**
 * The steps in written order, but for those that a step written earlier needs: they come right
 * before it. Of a circle (which `orderSteps` refuses) one step comes too early; a step that is not
 * in the plan is passed over.
 */
export function placeSteps(steps: readonly PlanStep[]): readonly PlanStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const placed = new Set<PlanStep>();
  const entered = new Set<PlanStep>();
  for (const step of steps) {
    const open: { readonly step: PlanStep; readonly needs: Iterator<StepId> }[] = [];
    const enter = (at: PlanStep): void => {
      entered.add(at);
      open.push({ step: at, needs: dependenciesOf(at)[Symbol.iterator]() });
    };
    if (!entered.has(step)) enter(step);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = top.needs.next();
      if (next.done === true) {
        placed.add(top.step);
        open.pop();
        continue;
      }
      const need = byId.get(next.value);
      if (need !== undefined && !entered.has(need)) enter(need);
    }
  }
  return [...placed];
}
