import type { PlanStep, StepFallback } from '../../common/plan.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';

/** No id of a step ends so: nothing can refer to what stands for a fallback here. */
const ENDING = '~fallback';

/**
 * Writes each step's fallback as a step of its own behind it, so that it is checked as one.
 * `foldFallbackSteps` takes it back.
 */
export function writeFallbackSteps(written: WrittenPlan): WrittenPlan {
  const steps = written.steps.flatMap((step) => {
    if (step.fallback === undefined) return [step];
    const { tool, args = step.args ?? {} } = step.fallback;
    const { after = [], forEach } = step;
    const same = forEach === undefined ? {} : { forEach };
    return [step, { id: `${step.id}${ENDING}`, tool, args, after, ...same }];
  });
  return { ...written, steps };
}

export function isFallbackStep(id: string): boolean {
  return id.endsWith(ENDING);
}

export function foldFallbackSteps(steps: readonly PlanStep[]): readonly PlanStep[] {
  const fallbacks = new Map<string, StepFallback>();
  for (const { id, tool, args, effect, fingerprint, timeoutMs } of steps) {
    if (!isFallbackStep(id)) continue;
    fallbacks.set(id.slice(0, -ENDING.length), { tool, args, effect, fingerprint, timeoutMs });
  }
  return steps.flatMap((step) => {
    if (isFallbackStep(step.id)) return [];
    const fallback = fallbacks.get(step.id);
    return [fallback === undefined ? step : { ...step, fallback }];
  });
}

/** What is wrong with a fallback is said of the step that has it. */
export function placeFallbackProblem(problem: PlanProblem): PlanProblem {
  const { step, field, message } = problem;
  if (step === null || !isFallbackStep(step)) return problem;
  return {
    ...problem,
    step: step.slice(0, -ENDING.length),
    field: field === null ? 'fallback' : `fallback.${field}`,
    message: message.replaceAll(`${ENDING}"`, '" (its fallback)'),
  };
}
