import type { Plan, StepId } from './plan.ts';
import { referencesIn } from './step-arg.ts';

/**
 * Steps whose answers the run reads by itself for one that has not ended: for its condition, its list
 * or its action. A reference to an artifact would not do: only tools are given what lies in one.
 */
export function stepsReadByRun(
  { steps }: Plan,
  ended: Pick<ReadonlySet<StepId>, 'has'>,
): ReadonlySet<StepId> {
  const open = steps.filter(({ id }) => !ended.has(id));
  const read = open.flatMap(({ when, forEach, action, args }) => [
    ...(when === undefined ? [] : [when.value]),
    ...(forEach === undefined ? [] : [forEach.items]),
    ...(action === undefined ? [] : Object.values(args)),
  ]);
  return new Set(read.flatMap(referencesIn).map(({ step }) => step));
}
