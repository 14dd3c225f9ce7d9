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
  PlanGoalInput,
  PlanGoalResult,
  StepObservation,
} from '../common/agent.ts';
import { addContextUse, NO_CONTEXT_USE } from '../common/context-use.ts';
import type { ConversationId, ConversationRef } from '../common/conversation.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { addChoices } from '../common/model-choice.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import type { Plan } from '../common/plan.ts';
import { renameSteps } from '../common/rename-steps.ts';
import { keepWithin } from '../common/result-size.ts';
import { cancellable } from './cancellable.ts';
import { createDeadline } from './deadline.ts';
import { earlyReadsFor, payUnusedReads } from './early-reads.ts';
import type { PlanRun } from './execute-plan.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';
import { keepStopped } from './keep-stopped.ts';
import { carriedResults, executeOrLeave } from './leave-run.ts';
import type { ModelGrant } from './run-budget.ts';
import { createRunBudget } from './run-budget.ts';
import { createRunControl } from './run-control.ts';
import type { RunState } from './run-state.ts';
import { newRunState, toolsOf, waitingSteps } from './run-state.ts';

type Ending = AgentResult extends infer Result
  ? Result extends { outcome: string }
    ? Omit<Result, 'planner' | 'turns' | 'toolCalls' | 'usage' | 'steps' | 'earlierSteps'>
    : never
  : never;

/** So many of the latest step ids are told to the planner, which then chooses others. */
const MAX_USED_IDS = 50;

export async function runAgent(input: AgentInput): Promise<AgentResult> {
  const { carried } = input;
  const state = newRunState(input.goal, carried, input.toolsAbove);
  const spent = { usage: carried?.usage ?? NO_USAGE };
  const { maxWallMs } = input.limits;
  const deadline = createDeadline(carried?.deadlineMs ?? state.startedAtMs + maxWallMs);
  const budget = createRunBudget(input.limits, input.budgetOwner, {
    from: carried?.budget,
    isPaused: () => state.isPaused,
    ahead: () => Math.max(waitingSteps(state), state.turn),
  });
  const run: PlanRun = {
    tenant: input.tenant,
    limits: input.limits,
    queues: input.queues,
    fastReads: input.fastReads,
    get deadlineMs() {
      return deadline();
    },
    leaveAfterEvents: input.leaveAfterEvents,
    agent: input.agent,
    depth: input.depth ?? 0,
    state,
    budget,
    control: createRunControl(state, {
      tenant: input.tenant,
      queues: input.queues,
      policy: input.policy,
      canBeSteered: true,
      from: carried?.control,
      onPause: () => budget.passOnPause(),
    }),
  };
  const ending = await cancellable<Ending>(
    run,
    () => takeTurns(input, run, spent),
    (reason) => ({ outcome: 'cancelled', reason }),
  );
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
    ...(state.earlierSteps === 0 ? {} : { earlierSteps: state.earlierSteps }),
    ...(state.context === null ? {} : { context: state.context }),
    ...(state.models.length === 0 ? {} : { models: state.models }),
  };
}

async function takeTurns(
  input: AgentInput,
  run: PlanRun,
  spent: { usage: PlanGoalResult['usage'] },
): Promise<Ending> {
  const { state } = run;
  const { carried } = input;
  let conversation = carried?.conversation ?? input.conversation ?? newConversation();
  let observations: readonly StepObservation[] = [];
  let plan = carried?.open.plan ?? null;
  let earlier = carried === undefined ? null : carriedResults(carried);
  for (;;) {
    if (plan === null) {
      const next = await decideTurn(input, run, { conversation, observations });
      if ('ending' in next) return next.ending;
      conversation = next.conversation;
      spent.usage = addUsage(spent.usage, next.usage);
      observations = [];
      const ending = endingOf(next);
      // Said while it was planning: what it decided was decided without that.
      if (ending !== null && run.control.isInterrupted()) continue;
      if (ending !== null) return ending;
      if (next.kind !== 'plan') continue;
      state.plans += 1;
      if (state.plans - 1 > (input.limits.maxReplans ?? Infinity)) return outOf('maxReplans');
      plan = renameSteps(next.plan, [...state.steps.keys()]);
    }
    const leaving = { run, plan, usage: spent.usage, conversation };
    const end = await executeOrLeave(input, leaving, earlier);
    if (end.limit !== null) return outOf(end.limit);
    observations = observe(plan, state, keepWithin(Object.fromEntries(end.results)));
    plan = null;
    earlier = null;
  }
}

/** One turn of the planner, within the limits. */
async function decideTurn(
  input: AgentInput,
  run: PlanRun,
  at: Omit<TurnInput, 'messages'>,
): Promise<PlanGoalResult | { readonly ending: Ending }> {
  const { state, control, budget } = run;
  if (state.turn >= input.limits.maxTurns) return { ending: outOf('maxTurns') };
  const grant = await admitTurn(run).catch(async (error: unknown) => {
    // What was said is kept, though nobody got to plan it.
    const unplanned = { ...at, messages: control.takeMessages() };
    const question = { ...questionOf(input, run, unplanned), turn: state.turn + 1 };
    if (isCancellation(error)) await keepStopped(input.queues.llm, question);
    throw error;
  });
  if (grant.kind === 'refused') return { ending: outOf(grant.limit) };
  state.turn += 1;
  state.phase = 'planning';
  const decision = await decide(input, run, { ...at, messages: control.takeMessages() });
  budget.settleModelCall(grant.call, 'usage' in decision ? decision.usage : null);
  if ('problem' in decision) {
    // Its activity ends with the run's time, and says no more than that it took too long.
    if (Date.now() >= run.deadlineMs) return { ending: outOf('maxWallMs') };
    return { ending: { outcome: 'failed', reason: decision.problem } };
  }
  state.planner = decision.planner;
  const { unusedReads = 0 } = decision;
  if (unusedReads > 0) await payUnusedReads(run, unusedReads);
  if (decision.context !== undefined) {
    state.context = addContextUse(state.context ?? NO_CONTEXT_USE, decision.context);
  }
  state.models = addChoices(state.models, state.turn, decision.routing ?? []);
  return decision;
}

/** Waits while the run, or one above it, is paused, or until what is set aside for other calls is free. */
async function admitTurn(
  run: PlanRun,
): Promise<ModelGrant | { readonly kind: 'refused'; readonly limit: 'maxWallMs' }> {
  await run.control.untilResumed();
  if (Date.now() >= run.deadlineMs) return { kind: 'refused', limit: 'maxWallMs' };
  return run.budget.takeModelCall();
}

function endingOf(decision: PlanGoalResult): Ending | null {
  switch (decision.kind) {
    case 'answer':
      return { outcome: 'answered', answer: decision.answer };
    case 'needs-input':
      return { outcome: 'needs-input', question: decision.question };
    case 'gave-up':
      return { outcome: 'failed', reason: decision.reason };
    case 'plan':
      return null;
  }
}

function newConversation(): ConversationRef {
  return { conversationId: workflowInfo().workflowId as ConversationId, headVersion: 0 };
}

function outOf(limit: keyof AgentLimits): Ending {
  return { outcome: 'out-of-budget', limit, answer: null };
}

interface TurnInput {
  readonly conversation: ConversationRef;
  readonly observations: readonly StepObservation[];
  readonly messages: readonly string[];
}

/** A planner that cannot go on is an end of the run, not a crash of the workflow. */
async function decide(
  input: AgentInput,
  run: PlanRun,
  at: TurnInput,
): Promise<PlanGoalResult | { readonly problem: string }> {
  const { planGoal } = proxyActivities<Pick<Activities, 'planGoal'>>({
    taskQueue: input.queues.llm,
    startToCloseTimeout: '10 minutes',
    scheduleToCloseTimeout: Math.max(1_000, run.deadlineMs - Date.now()),
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
    summary: `turn ${run.state.turn}: ${input.goal.slice(0, 150)}`,
  });
  const question = questionOf(input, run, at);
  try {
    return await planGoal(question);
  } catch (error) {
    if (!isCancellation(error)) return { problem: `The planner failed: ${describeFailure(error)}` };
    await keepStopped(input.queues.llm, question);
    throw error;
  }
}

function questionOf(
  input: AgentInput,
  run: PlanRun,
  { conversation, observations, messages }: TurnInput,
): PlanGoalInput {
  const earlyReads = earlyReadsFor(input, run);
  const budgetUsd = run.budget.usdLeft();
  return {
    tenant: input.tenant,
    goal: input.goal,
    conversation,
    turn: run.state.turn,
    stepsLeft: run.budget.toolCallsLeft(),
    observations,
    // Bounded, or each turn's input grows with the run; the run itself renames what is left.
    usedStepIds: [...run.state.steps.keys()].slice(-MAX_USED_IDS),
    ...(messages.length === 0 ? {} : { messages }),
    usedTools: [...toolsOf(run.state)],
    ...(run.state.toolsAbove.length === 0 ? {} : { toolsBeside: run.state.toolsAbove }),
    ...(earlyReads === 0 ? {} : { earlyReads }),
    ...(input.batch === true ? { batch: true } : {}),
    ...(budgetUsd === null ? {} : { budgetUsd }),
  };
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
