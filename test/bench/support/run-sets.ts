import type { WrittenPlan } from '../../../client/index.ts';
import { dependenciesOf } from '../../../common/order-steps.ts';
import type { PlanStep, StepId } from '../../../common/plan.ts';
import type { BenchRow } from '../bench.ts';
import type { LabelledPlan } from './plan-set.ts';
import { readPlanSets } from './plan-set.ts';
import { createRandom } from './random.ts';
import {
  criticalPath,
  durations,
  foundSteps,
  labelledSteps,
  mean,
  ratio,
} from './simulate-sets.ts';

/** Runs a plan as a real workflow. @returns from the start by the client to the result, ms */
export type TimePlan = (plan: WrittenPlan) => Promise<number>;

interface TimedPlan {
  readonly sequentialMs: number;
  readonly labelledMs: number;
  readonly foundMs: number;
  /** The labelled graph with tools that take no time: what the engine itself takes. */
  readonly overheadMs: number;
  readonly criticalPathMs: number;
  readonly sumMs: number;
}

const SAMPLE = 25;
const SEED = 11;
/** What a step takes on average, whatever the set's own unit is: hours, or nothing at all. */
const STEP_MS = 100;

/**
 * A sample of every set as real workflows: one step after the other, as labelled, and with the order
 * that the optimiser finds. Durations are scaled for each plan to 100 ms a step.
 */
export async function runSets(
  dataDir: string,
  time: TimePlan,
  note: (line: string) => void,
): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, plans } of await readPlanSets(dataDir)) {
    const chosen = sample(plans.filter(({ nodes }) => nodes.length > 0));
    const timed: TimedPlan[] = [];
    for (const plan of chosen) timed.push(await timePlan(plan, time));
    note(`${name}: ${chosen.length} of ${plans.length} plans as workflows, chosen by seed ${SEED}`);
    rows.push(...rowsOf(name, timed));
  }
  return rows;
}

function sample(plans: readonly LabelledPlan[]): readonly LabelledPlan[] {
  const random = createRandom(SEED);
  return plans
    .map((plan) => ({ plan, place: random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, SAMPLE)
    .map(({ plan }) => plan);
}

async function timePlan(plan: LabelledPlan, time: TimePlan): Promise<TimedPlan> {
  const steps = labelledSteps(plan);
  const given = durations(plan);
  const sum = [...given.values()].reduce((all, seconds) => all + seconds, 0);
  const scale = sum === 0 ? 0 : (STEP_MS * steps.length) / sum;
  const msOf = (id: StepId): number => Math.round((given.get(id) ?? 0) * scale);
  const written = (all: readonly PlanStep[], ms: (id: StepId) => number) => toWritten(all, ms);
  const sequence = steps.map((step, at) => ({
    ...step,
    after: at === 0 ? [] : [steps[at - 1]?.id as StepId],
  }));
  return {
    overheadMs: await time(written(steps, () => 0)),
    labelledMs: await time(written(steps, msOf)),
    foundMs: await time(written(foundSteps(plan), msOf)),
    sequentialMs: await time(written(sequence, msOf)),
    criticalPathMs: criticalPath(steps, new Map(steps.map(({ id }) => [id, msOf(id)]))),
    sumMs: steps.reduce((all, { id }) => all + msOf(id), 0),
  };
}

/** The same graph over a tool that takes the given time. No answer comes from a cache. */
function toWritten(steps: readonly PlanStep[], msOf: (id: StepId) => number): WrittenPlan {
  const run = Math.random().toString(36).slice(2);
  return {
    steps: steps.map((step) => ({
      id: step.id,
      tool: 'work/look_up',
      args: { name: `${run}-${step.id}`, ms: msOf(step.id) },
      after: [...dependenciesOf(step)],
    })),
  };
}

function rowsOf(name: string, plans: readonly TimedPlan[]): readonly BenchRow[] {
  const row = (measure: string, value: number, unit: string) => ({
    case: name,
    measure,
    value,
    unit,
  });
  const own = (plan: TimedPlan) => ratio(plan.labelledMs - plan.overheadMs, plan.criticalPathMs);
  return [
    row('speedup', ratioOfSums(plans, 'sequentialMs', 'labelledMs'), 'x'),
    row('found_speedup', ratioOfSums(plans, 'sequentialMs', 'foundMs'), 'x'),
    row('ceiling', ratioOfSums(plans, 'sumMs', 'criticalPathMs'), 'x'),
    row('critical_path_ratio', mean(plans, own), 'x'),
    row(
      'overhead',
      mean(plans, (plan) => plan.overheadMs),
      'ms',
    ),
    row('plans', plans.length, ''),
  ];
}

/** All plans of the set after each other: long plans count as they are. */
function ratioOfSums(
  plans: readonly TimedPlan[],
  over: keyof TimedPlan,
  under: keyof TimedPlan,
): number {
  const sum = (field: keyof TimedPlan) => plans.reduce((all, plan) => all + plan[field], 0);
  return ratio(sum(over), sum(under));
}
