// Runs in the workflow sandbox: steps that are runs of their own.
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentInput, AgentResult, RunPlanInput, RunPlanResult } from '../common/agent.ts';
import { calledAnew } from '../common/called-anew.ts';
import type { JsonObject } from '../common/json.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import type { Plan, PlanStep, StepAction } from '../common/plan.ts';
import { subPlanAnswer } from '../common/sub-plan-answer.ts';
import type { PlanRun } from './execute-plan.ts';
import { keepLarge } from './keep-large.ts';
import type { StepEnd } from './run-step.ts';
import { toolsOf, updateStep } from './run-state.ts';

interface ChildOf {
  readonly step: PlanStep;
  /** The step, or the item of its list. */
  readonly place: string;
  readonly run: PlanRun;
}

/** Runs above a run. */
const MAX_DEPTH = 5;
/** A longer id could not be asked for. */
const MAX_RUN_ID_CHARS = 100;
const MAX_INLINE_CHARS = 32_768;
const SUMMARY_CHARS = 200;
/** The run's own limit ends it in order; Temporal's is for a run that cannot. */
const GRACE_MS = 60_000;
const TENANT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.tenant, 'KEYWORD');
const AGENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.agent, 'KEYWORD');

/** @throws ChildWorkflowFailure, CancelledFailure */
export async function runSubPlan(
  child: ChildOf,
  { plan, returns }: Extract<StepAction, { readonly kind: 'plan' }>,
  args: JsonObject,
): Promise<StepEnd> {
  const input: RunPlanInput = {
    ...inputOf(child),
    ...epochsBelow(child),
    plan: withArgs(plan, args),
    written: null,
  };
  const summary = `${child.step.title} (${plan.steps.length} steps)`;
  const result = await runChild<RunPlanInput, RunPlanResult>(
    child,
    WORKFLOW.runPlan,
    input,
    summary,
  );
  if (typeof result === 'string') return failed(result);
  for (const id of calledAnew(result)) child.run.state.anewBelow.add(`${child.place}/${id}`);
  if (result.outcome !== 'completed') {
    const problem = `Its plan ended ${result.outcome}: ${result.reason ?? 'it did not say why'}`;
    return result.outcome === 'out-of-budget' ? outOfBudget(child, problem) : failed(problem);
  }
  const structured = subPlanAnswer(plan, returns, result.results);
  return done(child, structured, JSON.stringify(structured));
}

/** @throws ChildWorkflowFailure, CancelledFailure */
export async function runChildAgent(
  child: ChildOf,
  { limits }: Extract<StepAction, { readonly kind: 'agent' }>,
  goal: string,
): Promise<StepEnd> {
  const { run } = child;
  const common = inputOf(child);
  const most = Math.min(limits.maxToolCalls ?? Infinity, common.limits.maxToolCalls);
  const input: AgentInput = {
    ...common,
    goal,
    conversation: null,
    limits: { ...common.limits, ...limits, maxToolCalls: most },
    toolsAbove: [...new Set([...run.state.toolsAbove, ...toolsOf(run.state)])],
  };
  const result = await runChild<AgentInput, AgentResult>(child, WORKFLOW.runAgent, input, goal);
  if (typeof result === 'string') return failed(result);
  switch (result.outcome) {
    case 'answered':
      return done(child, { answer: result.answer }, result.answer);
    case 'needs-input':
      return failed(`The agent needs to know more: ${result.question}`);
    case 'out-of-budget':
      return outOfBudget(child, `The agent reached its ${result.limit}.`);
    default:
      return failed(`The agent ended ${result.outcome}: ${result.reason}`);
  }
}

/** @returns the result, or why there is no run. */
async function runChild<Input, Result extends Pick<RunPlanResult, 'steps'>>(
  child: ChildOf,
  type: string,
  input: Input & Pick<AgentInput, 'limits' | 'tenant' | 'agent'>,
  summary: string,
): Promise<Result | string> {
  const { step, run } = child;
  if (run.depth >= MAX_DEPTH) {
    return `This run is ${run.depth} runs below the first, and ${MAX_DEPTH} is the most: it starts none.`;
  }
  const runId = childRunId(child);
  if (runId.length > MAX_RUN_ID_CHARS) {
    return `Its run would be called "${runId}", which is longer than ${MAX_RUN_ID_CHARS} characters: give the steps shorter ids.`;
  }
  const workflowId = `t:${run.tenant.tenantId}:run:${runId}`;
  updateStep(run.state, step.id, { run: runId });
  run.state.openChildren += 1;
  run.budget.openChild(workflowId);
  try {
    const result = await executeChild<(input: Input) => Promise<Result>>(type, {
      workflowId,
      args: [input],
      workflowExecutionTimeout: input.limits.maxWallMs + GRACE_MS,
      // What it has begun has ended, or been told to, before the step has.
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      memo: { summary: summary.replace(/\s+/g, ' ').slice(0, SUMMARY_CHARS), request: '' },
      typedSearchAttributes: new TypedSearchAttributes([
        { key: TENANT, value: input.tenant.tenantId },
        { key: AGENT, value: input.agent },
      ]),
    });
    for (const { tool } of result.steps) run.state.childTools.add(tool);
    return result;
  } finally {
    run.state.openChildren -= 1;
    run.budget.closeChild(workflowId);
  }
}

/**
 * Of the run above and the step, so that a run that is reset finds its children again. A step's id
 * begins with a letter and has no dot: the numbers of a plan and of an item cannot be mistaken.
 */
function childRunId({ step, place, run }: ChildOf): string {
  const own = workflowInfo().workflowId.replace(/^t:.*?:run:/, '');
  const item = place.slice(step.id.length).replace(/[[\]]/g, '');
  const plan = run.state.plans > 1 ? `.${run.state.plans}` : '';
  return `${own}.${step.id}${plan}${item === '' ? '' : `.i${item}`}`;
}

function inputOf({ step, run }: ChildOf) {
  const { limits, control, deadlineMs, leaveAfterEvents } = run;
  const leftMs = Math.max(1_000, Math.min(step.timeoutMs, deadlineMs - Date.now()));
  const { maxTurns, maxParallel, maxParallelPerServer, maxReplans } = limits;
  // What is spent below decides then which calls wait for a person here.
  const { approvals = [] } = control.policy;
  const countsModels = approvals.some(({ spentUsd }) => spentUsd !== undefined);
  return {
    tenant: run.tenant,
    agent: run.agent,
    queues: run.queues,
    depth: run.depth + 1,
    budgetOwner: run.budget.ownerFor(countsModels),
    policy: control.policy,
    limits: {
      ...{ maxTurns, maxParallel, maxWallMs: leftMs },
      // What is left now; the run above counts for all.
      maxToolCalls: run.budget.toolCallsLeft(),
      ...(maxParallelPerServer === undefined ? {} : { maxParallelPerServer }),
      ...(maxReplans === undefined ? {} : { maxReplans }),
    },
    ...(run.fastReads === true ? { fastReads: true } : {}),
    ...(leaveAfterEvents === undefined ? {} : { leaveAfterEvents }),
  };
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

async function done({ run }: ChildOf, structured: JsonObject, text: string): Promise<StepEnd> {
  const result = await keepLarge(
    run,
    { isError: false, content: [{ kind: 'text', text }], structured, artifact: null },
    MAX_INLINE_CHARS,
  );
  return { result, problem: null, stopped: false };
}

function failed(problem: string): StepEnd {
  return { result: null, problem, stopped: false };
}

/** Where what all share is used up, the run above ends at the same limit. */
function outOfBudget({ run }: ChildOf, problem: string): StepEnd {
  return { ...failed(problem), limit: run.budget.usedUp() };
}
