import type { Plan } from '../../common/plan.ts';

/** More than this is worth a run of its own, with its own history. */
const MAX_STEPS = 10;
/** What the light mode knows how to do; whatever else a step may say, a run does. */
const KNOWN: ReadonlySet<string> = new Set([
  'id',
  'tool',
  'args',
  'after',
  'onFailure',
  'effect',
  'fingerprint',
  'timeoutMs',
  'title',
  'expectedMs',
]);

/** Whether a worker may run this plan by itself: few steps, each a plain tool call. */
export function isLightPlan(plan: Plan): boolean {
  return (
    plan.steps.length <= MAX_STEPS &&
    Object.keys(plan).every((key) => key === 'steps') &&
    plan.steps.every((step) =>
      Object.entries(step).every(([key, value]) => KNOWN.has(key) || value === undefined),
    )
  );
}
