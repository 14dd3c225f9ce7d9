// Runs in the workflow sandbox: a plan without a planner.
import {
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { RunPlanInput, RunPlanResult } from '../common/agent.ts';
import { FAILURE } from '../common/failures.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import type { Plan } from '../common/plan.ts';
import { keepWithin } from '../common/result-size.ts';
import type { PlanEnd } from './execute-plan.ts';
import { executePlan } from './execute-plan.ts';
import { cancellable } from './cancellable.ts';
import type { RunState } from './run-state.ts';
import { createRunBudget } from './run-budget.ts';
import { newRunState } from './run-state.ts';

const CHECK_OPTIONS = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '5 minutes',
} as const;

export async function runPlan(input: RunPlanInput): Promise<RunPlanResult> {
  const startedAtMs = Date.now();
  const state = newRunState(null);
  const run = {
    tenant: input.tenant,
    limits: input.limits,
    queues: input.queues,
    fastReads: input.fastReads,
    deadlineMs: startedAtMs + input.limits.maxWallMs,
    state,
    budget: createRunBudget(input.limits, input.budgetOwner),
  };
  const result = await cancellable<RunPlanResult>(
    state,
    async () => {
      const plan = input.plan ?? (await checkedPlan(input));
      return toResult(state, startedAtMs, await executePlan(plan, run));
    },
    (reason) => toResult(state, startedAtMs, { outcome: 'cancelled', reason, results: new Map() }),
  );
  await run.budget.told();
  upsertSearchAttributes({ [SEARCH_ATTRIBUTE.status]: [result.outcome] });
  return result;
}

function checkedPlan(input: RunPlanInput): Promise<Plan> {
  if (input.written === null) {
    throw ApplicationFailure.create({
      type: FAILURE.badInput,
      message: 'runPlan needs a plan: both "plan" and "written" are null.',
      nonRetryable: true,
    });
  }
  // A look at the registry and no more: where this worker serves the tools too, it costs no trip
  // through the server.
  const isLocal = input.queues.agent === input.queues.tool;
  const { checkPlan } = isLocal
    ? proxyLocalActivities<Pick<Activities, 'checkPlan'>>(CHECK_OPTIONS)
    : proxyActivities<Pick<Activities, 'checkPlan'>>({
        ...CHECK_OPTIONS,
        taskQueue: input.queues.tool,
      });
  return checkPlan({ tenant: input.tenant, plan: input.written });
}

function toResult(
  state: RunState,
  startedAtMs: number,
  end: Pick<PlanEnd, 'reason' | 'results'> & { readonly outcome: RunPlanResult['outcome'] },
): RunPlanResult {
  return {
    outcome: end.outcome,
    reason: end.reason,
    steps: [...state.steps.values()],
    results: keepWithin(Object.fromEntries(end.results)),
    wallMs: Date.now() - startedAtMs,
  };
}
