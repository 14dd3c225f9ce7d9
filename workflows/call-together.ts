// Runs in the workflow sandbox: steps whose calls are made by one.
import { batchAnswers } from '../common/batch-answers.ts';
import type { CallsFor, PlanStep, StepId } from '../common/plan.ts';
import type { ToolResult } from '../common/tool.ts';
import { whyAsk } from './approve-step.ts';
import type { PlanRun } from './execute-plan.ts';
import type { RunState } from './run-state.ts';
import type { StepEnd } from './run-step.ts';

/**
 * Gives each step its answer. Where there is none, the step is without, and calls for itself. A no of
 * the tool stays with the step that called, for whoever calls anew.
 */
export function handOut(
  { id: caller }: PlanStep,
  { steps, result: path }: CallsFor,
  { result, problem }: StepEnd,
  results: Map<StepId, ToolResult>,
): void {
  if (result?.isError === true) results.set(caller, result);
  if (result === null || problem !== null) return;
  const answers = batchAnswers(result, path, steps.length) ?? [];
  answers.forEach((answer, at) => {
    const id = steps[at];
    if (id !== undefined && answer !== null) results.set(id, answer);
  });
}

/**
 * How a step ended that another one called for; `null`: it makes its own call. One that is no read
 * may have been done by the call that brought no answer, so it has failed.
 */
export function fromBatch(
  { id, partOf, effect }: PlanStep,
  results: ReadonlyMap<StepId, ToolResult>,
  { steps }: RunState,
): StepEnd | null {
  if (partOf === undefined) return null;
  const result = results.get(id);
  if (result !== undefined) return { result, problem: null, stopped: false };
  const batch = steps.get(partOf);
  if (effect === 'read' || batch?.state === 'skipped') return null;
  const why = batch?.problem ?? 'its answer has no place for this step';
  const problem = `"${partOf}" called for it, and brought no result: ${why} It may have been done, so it is not called again.`;
  return { result: null, problem, stopped: false };
}

/** A person decides about calls as they were planned: then nothing is joined. */
export function leftToEach(step: PlanStep, run: PlanRun): StepEnd | null {
  if (step.callsFor === undefined) return null;
  if (whyAsk(step, run) === null && whyAsk({ ...step, tool: step.callsFor.tool }, run) === null) {
    return null;
  }
  const problem = 'Each step calls for itself, since a person decides about the calls.';
  return { result: null, problem, stopped: false, skipped: true };
}
