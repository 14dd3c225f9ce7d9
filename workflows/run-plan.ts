// Runs in the workflow sandbox: a plan without a planner.
import {
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { NO_USAGE } from '../common/add-usage.ts';
import type { RunPlanInput, RunPlanResult } from '../common/agent.ts';
import { FAILURE } from '../common/failures.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import type { Plan } from '../common/plan.ts';
import { keepWithin } from '../common/result-size.ts';
import { createAgentRounds } from './agent-rounds.ts';
import { createDeadline } from './deadline.ts';
import type { PlanEnd, PlanRun } from './execute-plan.ts';
import { carriedResults, executeOrLeave } from './leave-run.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';
import { cancellable } from './cancellable.ts';
import { createRunBudget } from './run-budget.ts';
import { createRunControl } from './run-control.ts';
import { newRunState, waitingSteps } from './run-state.ts';

const CHECK_OPTIONS = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '5 minutes',
} as const;

export async function runPlan(input: RunPlanInput): Promise<RunPlanResult> {
  const { carried } = input;
  const state = newRunState(null, carried);
  const { maxWallMs } = input.limits;
  const deadline = createDeadline(carried?.deadlineMs ?? state.startedAtMs + maxWallMs);
  const wallMs = (): number => maxWallMs - (deadline() - Date.now());
  const budget = createRunBudget(input.limits, input.budgetOwner, {
    from: carried?.budget,
    isPaused: () => state.isPaused,
    ahead: () => waitingSteps(state),
  });
  const agents =
    input.agents === undefined
      ? undefined
      : createAgentRounds(input.agents, carried?.agents ?? input.agents);
  const run: PlanRun = {
    tenant: input.tenant,
    limits: input.limits,
    queues: input.queues,
    fastReads: input.fastReads,
    get deadlineMs() {
      return deadline();
    },
    leaveAfterEvents: input.leaveAfterEvents,
    epochs: input.epochs,
    agents,
    agent: input.agent,
    depth: input.depth ?? 0,
    state,
    budget,
    control: createRunControl(state, {
      tenant: input.tenant,
      queues: input.queues,
      policy: input.policy,
      canBeSteered: false,
      from: carried?.control,
      onPause: () => budget.passOnPause(),
    }),
  };
  const result = await cancellable<RunPlanResult>(
    run,
    async () => {
      const plan = carried?.open.plan ?? input.plan ?? (await checkedPlan(input));
      const earlier = carried === undefined ? null : carriedResults(carried);
      const leaving = { run, plan, usage: NO_USAGE, conversation: null };
      return toResult(run, wallMs, await executeOrLeave(input, leaving, earlier));
    },
    // Another round is to know what was done.
    (reason) => toResult(run, wallMs, { outcome: 'cancelled', reason, results: new Map() }),
    agents !== undefined,
  );
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
        heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
        taskQueue: input.queues.tool,
      });
  return checkPlan({ tenant: input.tenant, plan: input.written });
}

function toResult(
  { state, agents, depth }: PlanRun,
  wallMs: () => number,
  end: Pick<PlanEnd, 'reason' | 'results'> & { readonly outcome: RunPlanResult['outcome'] },
): RunPlanResult {
  return {
    outcome: end.outcome,
    reason: end.reason,
    steps: [...state.steps.values()],
    results: keepWithin(Object.fromEntries(end.results)),
    wallMs: wallMs(),
    ...(state.anewBelow.size === 0 ? {} : { anewBelow: [...state.anewBelow] }),
    // What is completed has no other round, but where it is a part of what is not.
    ...(agents === undefined || (depth === 0 && end.outcome === 'completed')
      ? {}
      : { agents: agents.ends() }),
  };
}
