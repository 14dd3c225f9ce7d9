import { dependenciesOf } from '../order-steps.ts';
import type { StepEdges } from '../order-steps.ts';
import type { StepId } from '../plan.ts';

/** Which steps wait for which, with edges that are added on the way. */
export interface StepGraph {
  /** Whether `later` waits for `earlier`, directly or through others. A step does not wait for itself. */
  waitsFor(later: StepId, earlier: StepId): boolean;
  add(from: StepId, to: StepId): void;
}

export function createStepGraph(steps: readonly StepEdges[]): StepGraph {
  const needs = new Map(steps.map((step) => [step.id, new Set(dependenciesOf(step))]));
  return {
    waitsFor(later, earlier) {
      const seen = new Set(needs.get(later));
      for (const id of seen) {
        if (id === earlier) return true;
        for (const need of needs.get(id) ?? []) seen.add(need);
      }
      return false;
    },
    add: (from, to) => void needs.get(to)?.add(from),
  };
}
