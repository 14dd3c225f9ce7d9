// Runs in the workflow sandbox: another call for the same purpose, where a tool failed.
import type { PlanStep, StepFallback } from '../common/plan.ts';
import type { PlanRun } from './execute-plan.ts';
import type { StepEnd } from './run-step.ts';

/**
 * Asks a step's fallback. It takes a call of its own from the budget, and its answer says that it is
 * one (`degraded`).
 *
 * @param failed how the step's own tool ended
 * @param call makes the call; never throws
 */
export async function callFallback(
  { fallback, ...step }: PlanStep & { readonly fallback: StepFallback },
  failed: StepEnd,
  run: PlanRun,
  call: (instead: PlanStep) => Promise<StepEnd>,
): Promise<StepEnd> {
  const limit = await run.budget.takeToolCall();
  if (limit !== null) return { ...failed, limit };
  run.state.toolCalls += 1;
  // What is known of the tool is not known of its fallback.
  const { expectedMs: _expected, known: _known, approval: _approval, ...plain } = step;
  const end = await call({ ...plain, ...fallback, title: `fallback: ${step.title}` });
  const why = failed.problem ?? 'it failed';
  if (end.problem !== null || end.result === null) {
    const both = `${why} Its fallback ${fallback.tool} failed too: ${end.problem ?? ''}`;
    return end.problem === null || end.stopped ? end : { ...end, problem: both };
  }
  const how = { kind: 'fallback', tool: fallback.tool, why } as const;
  const degraded = [...(end.result.degraded ?? []), how];
  return { ...end, result: { ...end.result, degraded } };
}
