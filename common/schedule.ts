import { dependenciesOf } from './order-steps.ts';
import type { PlanStep, StepId } from './plan.ts';

/** Which steps of a plan may start now. Pure: the caller starts them and says how they ended. */
export interface Schedule {
  /** A step whose needs are met, the one with the longest chain behind it first; `null`: none now. */
  next(): PlanStep | null;
  /**
   * Takes note that a step ended.
   * @returns the steps that can never start because of it, in the order of the plan.
   */
  settle(id: StepId, succeeded: boolean): readonly StepId[];
}

/**
 * List scheduling by longest remaining path (critical-path method; Graham 1969 bounds it at twice
 * the optimum with few workers, and it is optimal with enough of them). Linear in steps and edges,
 * but for a scan of the ready list. The plan must be free of cycles.
 */
export function createSchedule(steps: readonly PlanStep[]): Schedule {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const open = new Map(steps.map((step) => [step.id, new Set(dependenciesOf(step))]));
  const dependents = new Map<StepId, StepId[]>(steps.map((step) => [step.id, []]));
  for (const [id, needs] of open) for (const need of needs) dependents.get(need)?.push(id);
  const depth = depths(steps, dependents);
  const ready = steps.filter((step) => open.get(step.id)?.size === 0);
  ready.forEach((step) => open.delete(step.id));

  return {
    next() {
      let best = 0;
      ready.forEach((step, index) => {
        if ((depth.get(step.id) ?? 0) > (depth.get(ready[best]?.id as StepId) ?? 0)) best = index;
      });
      return ready.splice(best, 1)[0] ?? null;
    },
    settle(id, succeeded) {
      if (!succeeded) return dropDependents(id, dependents, open, steps);
      for (const dependent of dependents.get(id) ?? []) {
        const needs = open.get(dependent);
        needs?.delete(id);
        if (needs?.size !== 0) continue;
        open.delete(dependent);
        ready.push(byId.get(dependent) as PlanStep);
      }
      return [];
    },
  };
}

function dropDependents(
  id: StepId,
  dependents: ReadonlyMap<StepId, readonly StepId[]>,
  open: Map<StepId, Set<StepId>>,
  steps: readonly PlanStep[],
): readonly StepId[] {
  const dropped = new Set<StepId>();
  const toVisit = [id];
  for (let at = toVisit.pop(); at !== undefined; at = toVisit.pop()) {
    for (const dependent of dependents.get(at) ?? []) {
      if (!open.delete(dependent)) continue;
      dropped.add(dependent);
      toVisit.push(dependent);
    }
  }
  return steps.map((step) => step.id).filter((step) => dropped.has(step));
}

/** Steps on the longest path from each step to the end of the plan, itself included. */
function depths(
  steps: readonly PlanStep[],
  dependents: ReadonlyMap<StepId, readonly StepId[]>,
): ReadonlyMap<StepId, number> {
  const waiting = new Map(steps.map((step) => [step.id, dependents.get(step.id)?.length ?? 0]));
  const depth = new Map<StepId, number>();
  const leaves = steps.filter((step) => waiting.get(step.id) === 0);
  for (const step of leaves) depth.set(step.id, 1);
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const step of leaves) {
    for (const need of dependenciesOf(step)) {
      depth.set(need, Math.max(depth.get(need) ?? 0, (depth.get(step.id) ?? 0) + 1));
      waiting.set(need, (waiting.get(need) ?? 0) - 1);
      const freed = byId.get(need);
      if (waiting.get(need) === 0 && freed !== undefined) leaves.push(freed);
    }
  }
  return depth;
}
