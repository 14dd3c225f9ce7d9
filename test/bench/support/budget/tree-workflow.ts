// Runs in the workflow sandbox: a run that shares its budget with child runs. Loaded by the bench
// `budget` and by the tests of budgets in place of the engine's own list of workflows.
import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { RunPlanInput, RunPlanResult } from '../../../../common/agent.ts';
import type { Plan } from '../../../../common/plan.ts';
import { executePlan } from '../../../../workflows/execute-plan.ts';
import { createRunBudget } from '../../../../workflows/run-budget.ts';
import { createRunControl } from '../../../../workflows/run-control.ts';
import { newRunState } from '../../../../workflows/run-state.ts';
import type { runPlan as RunPlan } from '../../../../workflows/run-plan.ts';

export { runAgent, runPlan } from '../../../../workflows/index.ts';

export interface TreeInput extends RunPlanInput {
  /** Each becomes a child run; a child's own children are under it. */
  readonly children: readonly TreeNode[];
}

export interface TreeNode {
  readonly plan: Plan;
  readonly children: readonly TreeNode[];
}

/** @returns how each run of the tree ended, the root first. */
export async function runTree(input: TreeInput): Promise<readonly RunPlanResult['outcome'][]> {
  const budget = createRunBudget(input.limits, input.budgetOwner);
  const { tenant, limits, queues } = input;
  const own = workflowInfo().workflowId;
  const deadlineMs = Date.now() + limits.maxWallMs;
  const state = newRunState(null);
  const children = input.children.map(async ({ plan, children: below }, index) => {
    const workflowId = `${own}.${index}`;
    const child = { ...input, plan, budgetOwner: { workflowId: own } };
    try {
      if (below.length === 0) {
        const { outcome } = await executeChild<typeof RunPlan>('runPlan', {
          workflowId,
          args: [child],
        });
        return [outcome];
      }
      const args: [TreeInput] = [{ ...child, children: below }];
      return await executeChild<typeof runTree>('runTree', { workflowId, args });
    } finally {
      budget.closeChild(workflowId);
    }
  });
  const options = { tenant, queues, policy: input.policy, canBeSteered: false };
  const control = createRunControl(state, options);
  const leaveAfterEvents = undefined;
  const run = {
    ...{ tenant, limits, queues, deadlineMs, state, budget, control, leaveAfterEvents },
    ...{ agent: 'tree', depth: 0 },
  };
  const end = await executePlan(input.plan ?? { steps: [] }, run);
  const below = await Promise.all(children);
  await budget.told();
  return [end.outcome, ...below.flat()];
}
