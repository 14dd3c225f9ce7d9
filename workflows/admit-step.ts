// Runs in the workflow sandbox: whether a step that is ready may start.
import { isCancellation } from '@temporalio/workflow';
import type { BudgetLimit } from '../common/budget.ts';
import type { PlanStep, StepId } from '../common/plan.ts';
import type { ToolResult } from '../common/tool.ts';
import { fromBatch } from './call-together.ts';
import type { PlanRun } from './execute-plan.ts';

export type Admission =
  | { readonly kind: 'go' }
  /** It stays as it is: the plan is left, or stopped. */
  | { readonly kind: 'left' }
  | { readonly kind: 'limit'; readonly limit: BudgetLimit };

/** Not where it takes another step's answer, nor where it waits or child runs take their own. */
export function makesCall({ sameAs, action }: PlanStep): boolean {
  return sameAs === undefined && action === undefined;
}

/**
 * Waits while the run is paused, then takes a call from the budget.
 * @param results of the plan: a step whose answer is there makes no call.
 */
export async function admitStep(
  step: PlanStep,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
): Promise<Admission> {
  try {
    if (!(await run.control.mayStart())) return { kind: 'left' };
    if (!makesCall(step) || fromBatch(step, results, run.state) !== null) return { kind: 'go' };
    const limit = await run.budget.takeToolCall();
    if (limit !== null) return { kind: 'limit', limit };
    run.state.toolCalls += 1;
    return { kind: 'go' };
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return { kind: 'left' };
  }
}
