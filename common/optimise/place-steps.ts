import { dependenciesOf } from '../order-steps.ts';
import type { PlanStep, StepId } from '../plan.ts';

/**
 * The steps in written order, but for those that a step written earlier needs: they come right
 * before it. The plan must be free of cycles and name only its own steps (`orderSteps` says so).
 */
export function placeSteps(steps: readonly PlanStep[]): readonly PlanStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const placed = new Set<PlanStep>();
  for (const step of steps) {
    const open: { readonly step: PlanStep; readonly needs: Iterator<StepId> }[] = [];
    const enter = (at: PlanStep): void => {
      open.push({ step: at, needs: dependenciesOf(at)[Symbol.iterator]() });
    };
    if (!placed.has(step)) enter(step);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = top.needs.next();
      if (next.done === true) {
        placed.add(top.step);
        open.pop();
        continue;
      }
      const need = byId.get(next.value);
      if (need !== undefined && !placed.has(need)) enter(need);
    }
  }
  return [...placed];
}
