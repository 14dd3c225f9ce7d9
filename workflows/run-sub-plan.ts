// Runs in the workflow sandbox: a step that runs a plan of its own.
import { CancelledFailure } from '@temporalio/common';
import { CancellationScope } from '@temporalio/workflow';
import type { RunPlanInput, RunPlanResult } from '../common/agent.ts';
import { calledAnew } from '../common/called-anew.ts';
import type { JsonObject } from '../common/json.ts';
import { WORKFLOW } from '../common/names.ts';
import type { Plan, StepAction } from '../common/plan.ts';
import { subPlanAnswer } from '../common/sub-plan-answer.ts';
import { childDone, childFailed, childOutOfBudget } from './child-ends.ts';
import { childInput, runChild } from './run-child.ts';
import type { ChildOf } from './run-child.ts';
import type { StepEnd } from './run-step.ts';

/** @throws ChildWorkflowFailure, CancelledFailure */
export async function runSubPlan(
  child: ChildOf,
  { plan, returns }: Extract<StepAction, { readonly kind: 'plan' }>,
  args: JsonObject,
): Promise<StepEnd> {
  const { agents } = child.run;
  const input: RunPlanInput = {
    ...childInput(child),
    ...epochsBelow(child),
    ...(agents === undefined ? {} : { agents: agents.below(child.place) }),
    plan: withArgs(plan, args),
    written: null,
  };
  const summary = `${child.step.title} (${plan.steps.length} steps)`;
  const result = await runChild<RunPlanInput, RunPlanResult>(
    child,
    WORKFLOW.runPlan,
    input,
    summary,
  ).catch((error: unknown) => {
    agents?.endedBelow(child.place, undefined);
    throw error;
  });
  if (typeof result === 'string') return childFailed(result);
  agents?.endedBelow(child.place, result.agents);
  for (const id of calledAnew(result)) child.run.state.anewBelow.add(`${child.place}/${id}`);
  if (result.outcome === 'cancelled' && CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('The step was stopped.');
  }
  if (result.outcome !== 'completed') {
    const problem = `Its plan ended ${result.outcome}: ${result.reason ?? 'it did not say why'}`;
    return result.outcome === 'out-of-budget'
      ? childOutOfBudget(child, problem)
      : childFailed(problem);
  }
  const structured = subPlanAnswer(plan, returns, result.results);
  return childDone(child, structured, JSON.stringify(structured));
}

/** Of the steps of the plan that the step runs. */
function epochsBelow({ place, run: { epochs = {} } }: ChildOf): Pick<RunPlanInput, 'epochs'> {
  const own = Object.entries(epochs).flatMap(([id, epoch]) =>
    id.startsWith(`${place}/`) ? [[id.slice(place.length + 1), epoch] as const] : [],
  );
  return own.length === 0 ? {} : { epochs: Object.fromEntries(own) };
}

function withArgs({ steps }: Plan, args: JsonObject): Plan {
  const given = Object.entries(args).map(
    ([name, value]) => [name, { kind: 'literal', value }] as const,
  );
  return {
    steps: steps.map((step) =>
      step.action?.kind === 'value' ? { ...step, args: Object.fromEntries(given) } : step,
    ),
  };
}
