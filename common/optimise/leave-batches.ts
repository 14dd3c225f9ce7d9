import { batchTitle } from './batch-steps.ts';
import type { PlanStep, StepArg, StepId } from '../plan.ts';

/**
 * Takes steps whose answers are known out of the calls that are made for several. A call that is left
 * with one step goes, and the step calls for itself.
 */
export function leaveBatches(steps: readonly PlanStep[]): readonly PlanStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const needsCall = (id: StepId): boolean => byId.get(id)?.known === undefined;
  const gone = new Set<StepId>();
  for (const { id, callsFor } of steps) {
    if (callsFor !== undefined && callsFor.steps.filter(needsCall).length < 2) gone.add(id);
  }
  return steps.flatMap((step) => {
    if (gone.has(step.id)) return [];
    if (step.callsFor !== undefined) return [shrunk(step, step.callsFor, needsCall)];
    const { partOf, ...alone } = step;
    if (partOf === undefined || (needsCall(step.id) && !gone.has(partOf))) return [step];
    return [{ ...alone, after: step.after.filter((id) => id !== partOf) }];
  });
}

function shrunk(
  step: PlanStep,
  callsFor: NonNullable<PlanStep['callsFor']>,
  needsCall: (id: StepId) => boolean,
): PlanStep {
  if (callsFor.steps.every(needsCall)) return step;
  const keep = <Value>(all: readonly Value[]): readonly Value[] =>
    all.filter((_, at) => needsCall(callsFor.steps[at] as StepId));
  const list = step.args[callsFor.items];
  const items: StepArg[] = list?.kind === 'list' ? [...keep(list.items)] : [];
  const staying = keep(callsFor.steps);
  return {
    ...step,
    title: batchTitle(staying),
    args: { ...step.args, [callsFor.items]: { kind: 'list', items } },
    callsFor: { ...callsFor, steps: staying },
  };
}
