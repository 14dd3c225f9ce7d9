// Runs in the workflow sandbox: plan, run the plan, look at what it brought, plan again or answer.
import {
  isCancellation,
  proxyActivities,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { addUsage, NO_USAGE } from '../common/add-usage.ts';
import type {
  AgentInput,
  AgentLimits,
  AgentResult,
  PlanGoalResult,
  StepObservation,
} from '../common/agent.ts';
import type { ConversationId, ConversationRef } from '../common/conversation.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import type { Plan } from '../common/plan.ts';
import { keepWithin } from '../common/result-size.ts';
import { cancellable } from './cancellable.ts';
import type { PlanRun } from './execute-plan.ts';
import { executePlan } from './execute-plan.ts';
import { createRunBudget } from './run-budget.ts';
import type { RunState } from './run-state.ts';
import { newRunState } from './run-state.ts';

type Ending = AgentResult extends infer Result
  ? Result extends { outcome: string }
    ? Omit<Result, 'planner' | 'turns' | 'toolCalls' | 'usage' | 'steps'>
    : never
  : never;

export async function runAgent(input: AgentInput): Promise<AgentResult> {
  const state = newRunState(input.goal);
  const spent = { usage: NO_USAGE };
  const run: PlanRun = {
    tenant: input.tenant,
    limits: input.limits,
    queues: input.queues,
    fastReads: input.fastReads,
    deadlineMs: Date.now() + input.limits.maxWallMs,
    state,
    budget: createRunBudget(input.limits, input.budgetOwner),
  };
  const ending = await cancellable<Ending>(
    state,
    () => takeTurns(input, run, spent),
    (reason) => ({ outcome: 'cancelled', reason }),
  );
  await run.budget.told();
  upsertSearchAttributes({
    [SEARCH_ATTRIBUTE.status]: [ending.outcome],
    [SEARCH_ATTRIBUTE.model]: [state.planner?.model ?? state.planner?.kind ?? 'none'],
    [SEARCH_ATTRIBUTE.costUsd]: [spent.usage.costUsd ?? 0],
  });
  return {
    ...ending,
    planner: state.planner,
    turns: state.turn,
    toolCalls: state.toolCalls,
    usage: spent.usage,
    steps: [...state.steps.values()],
  };
}

async function takeTurns(
  input: AgentInput,
  run: PlanRun,
  spent: { usage: PlanGoalResult['usage'] },
): Promise<Ending> {
  const { state } = run;
  let conversation = input.conversation ?? newConversation();
  let observations: readonly StepObservation[] = [];
  while (state.turn < input.limits.maxTurns) {
    if (Date.now() >= run.deadlineMs) return outOf('maxWallMs');
    const grant = await run.budget.takeModelCall();
    if (grant.kind === 'refused') return outOf(grant.limit);
    state.turn += 1;
    state.phase = 'planning';
    const decision = await decide(input, run, conversation, observations);
    run.budget.settleModelCall(grant.call, 'usage' in decision ? decision.usage : null);
    if ('problem' in decision) return { outcome: 'failed', reason: decision.problem };
    conversation = decision.conversation;
    state.planner = decision.planner;
    spent.usage = addUsage(spent.usage, decision.usage);
    switch (decision.kind) {
      case 'answer':
        return { outcome: 'answered', answer: decision.answer };
      case 'needs-input':
        return { outcome: 'needs-input', question: decision.question };
      case 'gave-up':
        return { outcome: 'failed', reason: decision.reason };
      case 'plan': {
        const end = await executePlan(decision.plan, run);
        if (end.limit !== null) return outOf(end.limit);
        observations = observe(decision.plan, state, keepWithin(Object.fromEntries(end.results)));
      }
    }
  }
  return outOf('maxTurns');
}

function newConversation(): ConversationRef {
  return { conversationId: workflowInfo().workflowId as ConversationId, headVersion: 0 };
}

function outOf(limit: keyof AgentLimits): Ending {
  return { outcome: 'out-of-budget', limit, answer: null };
}

/** A planner that cannot go on is an end of the run, not a crash of the workflow. */
async function decide(
  input: AgentInput,
  run: PlanRun,
  conversation: ConversationRef,
  observations: readonly StepObservation[],
): Promise<PlanGoalResult | { readonly problem: string }> {
  const { planGoal } = proxyActivities<Pick<Activities, 'planGoal'>>({
    taskQueue: input.queues.llm,
    startToCloseTimeout: '10 minutes',
    scheduleToCloseTimeout: Math.max(1_000, run.deadlineMs - Date.now()),
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
    summary: `turn ${run.state.turn}: ${input.goal.slice(0, 150)}`,
  });
  try {
    return await planGoal({
      tenant: input.tenant,
      goal: input.goal,
      conversation,
      turn: run.state.turn,
      stepsLeft: run.budget.toolCallsLeft(),
      observations,
      usedStepIds: [...run.state.steps.keys()],
      usedTools: [...new Set([...run.state.steps.values()].map(({ tool }) => tool))],
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { problem: `The planner failed: ${describeFailure(error)}` };
  }
}

function observe(
  plan: Plan,
  state: RunState,
  results: Readonly<Record<string, NonNullable<StepObservation['result']>>>,
): readonly StepObservation[] {
  return plan.steps.flatMap(({ id }) => {
    const step = state.steps.get(id);
    return step === undefined ? [] : [{ step, result: results[id] ?? null }];
  });
}
