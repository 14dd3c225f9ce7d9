import type { PlanGoalInput } from '../../../common/agent.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import type { ContextBudget } from '../../context/context-budget.ts';
import { STOPPED_MESSAGE } from '../stopped-message.ts';
import type { BeginDeps } from './begin-turn.ts';
import { beginTurn } from './begin-turn.ts';
import { leftMessage, openPlanCall, saidMeanwhile } from './planner-messages.ts';

/**
 * What a turn leaves in the transcript that was stopped before the model had answered: what began it,
 * but for the tools, which the next goal lists for itself.
 */
export async function stoppedTurn(
  deps: Pick<BeginDeps, 'artifacts' | 'tools'>,
  input: PlanGoalInput,
  stored: readonly LlmMessage[],
  budget: ContextBudget,
): Promise<readonly LlmMessage[]> {
  const { goal, turn, observations, messages = [] } = input;
  if (turn === 1 && observations.length === 0) {
    const callId = openPlanCall(stored);
    const left = callId === null ? [] : [leftMessage(callId)];
    const said = messages.length === 0 ? [] : [saidMeanwhile(messages)];
    return [...left, { from: 'user', text: goal }, ...said, STOPPED_MESSAGE];
  }
  const notHere = () => Promise.reject(new Error('A later turn neither searches nor summarises.'));
  const asks = { goalSteps: notHere, findForGoal: notHere, summarise: notHere };
  const rest = { ...asks, considered: new Set<never>() };
  const begun = await beginTurn({ ...deps, ...rest }, input, stored, budget, null);
  return [...begun.appended, STOPPED_MESSAGE];
}
