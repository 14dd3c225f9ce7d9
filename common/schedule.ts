import { dependenciesOf } from './order-steps.ts';
import type { PlanStep, StepId } from './plan.ts';

/** Which steps of a plan may start now. Pure: the caller starts them and says how they ended. */
export interface Schedule {
  /**
   * A step whose needs are met, the one with the longest chain behind it first; `null`: none now.
   * @param mayStart leaves steps for later. @default all may
   */
  next(mayStart?: (step: PlanStep) => boolean): PlanStep | null;
  /**
   * Takes note that a step ended.
   * @returns the steps that can never start because of it, in the order of the plan.
   */
  settle(id: StepId, succeeded: boolean): readonly StepId[];
}

/**
 * List scheduling by longest remaining path in expected time (critical-path method; Graham 1969 bounds it at twice
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
    next(mayStart = () => true) {
      let best = -1;
      let longest = -1;
      ready.forEach((step, index) => {
        const length = depth.get(step.id) ?? 0;
        if (length <= longest || !mayStart(step)) return;
        best = index;
        longest = length;
      });
      return best === -1 ? null : (ready.splice(best, 1)[0] ?? null);
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

/**
 * What each step is expected to take: as measured, else the mean of those measured, so that one
 * unknown step neither leads nor vanishes. Where nothing is known all count alike.
 */
function lengths(steps: readonly PlanStep[]): (step: PlanStep) => number {
  const known = steps.flatMap(({ expectedMs }) => expectedMs ?? []);
  const mean = known.reduce((sum, ms) => sum + ms, 0) / Math.max(1, known.length);
  // Never nothing: a longer chain goes first among steps that take no time.
  return ({ expectedMs }) => 1 + (expectedMs ?? mean);
}

/** The longest way from each step to the end of the plan, itself included. */
function depths(
  steps: readonly PlanStep[],
  dependents: ReadonlyMap<StepId, readonly StepId[]>,
): ReadonlyMap<StepId, number> {
  const waiting = new Map(steps.map((step) => [step.id, dependents.get(step.id)?.length ?? 0]));
  const depth = new Map<StepId, number>();
  const lengthOf = lengths(steps);
  const leaves = steps.filter((step) => waiting.get(step.id) === 0);
  for (const step of leaves) depth.set(step.id, lengthOf(step));
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const step of leaves) {
    for (const need of dependenciesOf(step)) {
      const freed = byId.get(need);
      const own = freed === undefined ? 0 : lengthOf(freed);
      depth.set(need, Math.max(depth.get(need) ?? 0, (depth.get(step.id) ?? 0) + own));
      waiting.set(need, (waiting.get(need) ?? 0) - 1);
      if (waiting.get(need) === 0 && freed !== undefined) leaves.push(freed);
    }
  }
  return depth;
}
