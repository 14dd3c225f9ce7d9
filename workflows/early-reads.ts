// Runs in the workflow sandbox: reads that are made while the plan is still being written.
import type { AgentInput } from '../common/agent.ts';
import type { PlanRun } from './execute-plan.ts';

const MOST = 8;
/** Of the calls that are left: what is read in vain must not cost a plan its steps. */
const SHARE = 4;

/**
 * How many reads the planner may make early: none where a person decides on calls, or where another
 * run's budget is asked for each.
 */
export function earlyReadsFor(
  { limits, policy, budgetOwner }: AgentInput,
  { budget }: PlanRun,
): number {
  if ((policy?.approvals ?? []).length > 0 || budgetOwner !== undefined) return 0;
  const { maxParallel, maxParallelPerServer = MOST } = limits;
  const left = Math.floor(budget.toolCallsLeft() / SHARE);
  return Math.min(MOST, maxParallel, maxParallelPerServer, left);
}

/** Calls that no step asked for were calls all the same. */
export async function payUnusedReads({ budget, state }: PlanRun, unused: number): Promise<void> {
  for (let paid = 0; paid < unused; paid += 1) {
    if ((await budget.takeToolCall()) === null) state.toolCalls += 1;
  }
}
