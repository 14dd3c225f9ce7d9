import { widenSequence } from '../../../common/optimise/widen-sequence.ts';
import type { PlanStep, StepId } from '../../../common/plan.ts';
import { createSchedule } from '../../../common/schedule.ts';
import type { BenchRow } from '../bench.ts';
import { asReference, stepId, toPlan } from './labelled-plan.ts';
import type { LabelledPlan } from './plan-set.ts';
import { readPlanSets } from './plan-set.ts';

interface SimulatedPlan {
  readonly sequentialS: number;
  readonly criticalPathS: number;
  /** By the engine's scheduler, with the edges of the label and with those that we find. */
  readonly labelledS: number;
  readonly foundS: number;
  /** `null`: the set knows no optimum. */
  readonly optimal: boolean | null;
}

/**
 * Every plan of every set under `plans/`, by the engine's own scheduler on a simulated clock with as
 * many workers as steps: in sequence, as labelled, and with the order found from the plan as
 * written. Steps without a duration take 0.1 s.
 */
export async function simulateSets(
  dataDir: string,
  note: (line: string) => void,
): Promise<readonly BenchRow[]> {
  const sets = await readPlanSets(dataDir);
  note('simulated sets; published beside them: LLMCompiler, 1.80 to 3.74 x');
  return sets.flatMap(({ name, plans }) => rowsOf(name, plans.map(simulate)));
}

function simulate(plan: LabelledPlan): SimulatedPlan {
  const labelled = labelledSteps(plan);
  const most = durations(plan);
  const labelledS = makespan(labelled, most);
  const gold = plan.gold_optimal_seconds_min_max ?? null;
  return {
    sequentialS: [...most.values()].reduce((sum, seconds) => sum + seconds, 0),
    criticalPathS: criticalPath(labelled, most),
    labelledS,
    foundS: makespan(foundSteps(plan), most),
    optimal: gold === null ? null : same(gold[1], labelledS),
  };
}

/** The steps with the order that the set's labels say, and no other. */
export function labelledSteps(plan: LabelledPlan): readonly PlanStep[] {
  const { steps } = toPlan(plan, asReference);
  const into = new Map<string, StepId[]>();
  for (const [from, to] of plan.edges) into.set(to, [...(into.get(to) ?? []), stepId(from)]);
  return plan.nodes.map((node, index) => ({
    ...(steps[index] as PlanStep),
    args: {},
    after: into.get(node.id) ?? [],
  }));
}

/** The steps with the order that the optimiser finds in the plan as it was written. */
export function foundSteps(plan: LabelledPlan): readonly PlanStep[] {
  return widenSequence(toPlan(plan, asReference), () => undefined).steps;
}

/** Where a set gives a range, the longer time; the gold optimum is compared at the same end. */
export function durations(plan: LabelledPlan): ReadonlyMap<StepId, number> {
  return new Map(plan.nodes.map((node) => [stepId(node.id), node.seconds ?? 0.1]));
}

/** Runs the scheduler: starts what may start, then moves the clock to the next end. */
function makespan(steps: readonly PlanStep[], seconds: ReadonlyMap<StepId, number>): number {
  const schedule = createSchedule(steps);
  const running: { readonly id: StepId; readonly endS: number }[] = [];
  let nowS = 0;
  for (;;) {
    for (let step = schedule.next(); step !== null; step = schedule.next()) {
      running.push({ id: step.id, endS: nowS + (seconds.get(step.id) ?? 0) });
    }
    running.sort((a, b) => b.endS - a.endS);
    const ended = running.pop();
    if (ended === undefined) return nowS;
    nowS = ended.endS;
    schedule.settle(ended.id, true);
  }
}

/** The longest way through the edges, found without the scheduler. */
export function criticalPath(
  steps: readonly PlanStep[],
  seconds: ReadonlyMap<StepId, number>,
): number {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ends = new Map<StepId, number>();
  const endOf = (id: StepId): number => {
    const known = ends.get(id);
    if (known !== undefined) return known;
    const starts = (byId.get(id)?.after ?? []).map(endOf);
    const end = Math.max(0, ...starts) + (seconds.get(id) ?? 0);
    ends.set(id, end);
    return end;
  };
  return Math.max(0, ...steps.map(({ id }) => endOf(id)));
}

/** Only what a simulation can say: the figures of the engine come from real workflows. */
function rowsOf(name: string, plans: readonly SimulatedPlan[]): readonly BenchRow[] {
  const row = (measure: string, value: number, unit: string) => ({
    case: name,
    measure,
    value,
    unit,
  });
  const known = plans.filter(({ optimal }) => optimal !== null);
  const all = (of: (plan: SimulatedPlan) => number) => mean(plans, of);
  return [
    row(
      'simulated_speedup',
      all((plan) => ratio(plan.sequentialS, plan.labelledS)),
      'x',
    ),
    row(
      'simulated_found',
      all((plan) => ratio(plan.sequentialS, plan.foundS)),
      'x',
    ),
    row(
      'simulated_ceiling',
      all((plan) => ratio(plan.sequentialS, plan.criticalPathS)),
      'x',
    ),
    ...(known.length === 0
      ? []
      : [row('not_optimal', known.filter(({ optimal }) => optimal === false).length, '')]),
    row('simulated_plans', plans.length, ''),
  ];
}

export function mean<Item>(plans: readonly Item[], of: (plan: Item) => number): number {
  return plans.reduce((sum, plan) => sum + of(plan), 0) / Math.max(1, plans.length);
}

/** A plan that takes no time is as fast as it can be. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 1 : a / b;
}

function same(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, a);
}
