// Runs in the workflow sandbox: a step that is given to an agent.
import type { AgentInput, AgentResult } from '../common/agent.ts';
import { askAboutRepeats } from '../common/ask-about-repeats.ts';
import { mayHaveCalled } from '../common/may-have-called.ts';
import { WORKFLOW } from '../common/names.ts';
import type { StepAction } from '../common/plan.ts';
import { childDone, childFailed, childOutOfBudget } from './child-ends.ts';
import { childInput, runChild } from './run-child.ts';
import type { ChildOf } from './run-child.ts';
import type { StepEnd } from './run-step.ts';
import { toolsOf, updateStep } from './run-state.ts';

/** @throws ChildWorkflowFailure, CancelledFailure */
export async function runChildAgent(
  child: ChildOf,
  { limits }: Extract<StepAction, { readonly kind: 'agent' }>,
  goal: string,
): Promise<StepEnd> {
  const { place, run } = child;
  const { agents } = run;
  const known = agents?.answerTo(goal, place);
  if (known !== undefined) {
    updateStep(run.state, child.step.id, { cached: true });
    return { result: known, problem: null, stopped: false };
  }
  const common = childInput(child);
  const most = Math.min(limits.maxToolCalls ?? Infinity, common.limits.maxToolCalls);
  const input: AgentInput = {
    ...common,
    ...(agents?.mayHaveActed(place) === true ? { policy: askAboutRepeats(common.policy) } : {}),
    goal,
    conversation: null,
    limits: { ...common.limits, ...limits, maxToolCalls: most },
    toolsAbove: [...new Set([...run.state.toolsAbove, ...toolsOf(run.state)])],
  };
  const result = await runChild<AgentInput, AgentResult>(
    child,
    WORKFLOW.runAgent,
    input,
    goal,
  ).catch((error: unknown) => {
    agents?.acted(place);
    throw error;
  });
  if (typeof result === 'string') return childFailed(result);
  if (mayHaveCalled(result)) agents?.acted(place);
  if (result.outcome === 'answered') {
    const end = await childDone(child, { answer: result.answer }, result.answer);
    if (end.result !== null) agents?.answered(place, { goal, result: end.result });
    return end;
  }
  switch (result.outcome) {
    case 'needs-input':
      return childFailed(`The agent needs to know more: ${result.question}`);
    case 'out-of-budget':
      return childOutOfBudget(child, `The agent reached its ${result.limit}.`);
    default:
      return childFailed(`The agent ended ${result.outcome}: ${result.reason}`);
  }
}
