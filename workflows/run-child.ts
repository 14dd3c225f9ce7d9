// Runs in the workflow sandbox: steps that are runs of their own.
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentInput, RunPlanResult } from '../common/agent.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import type { PlanStep } from '../common/plan.ts';
import type { PlanRun } from './execute-plan.ts';
import { returnLostCalls } from './return-lost-calls.ts';
import { updateStep } from './run-state.ts';

export interface ChildOf {
  readonly step: PlanStep;
  /** The step, or the item of its list. */
  readonly place: string;
  readonly run: PlanRun;
}

/** Runs above a run. */
const MAX_DEPTH = 5;
/** A longer id could not be asked for. */
const MAX_RUN_ID_CHARS = 100;
const SUMMARY_CHARS = 200;
/** The run's own limit ends it in order; Temporal's is for a run that cannot. */
const GRACE_MS = 60_000;
const TENANT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.tenant, 'KEYWORD');
const AGENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.agent, 'KEYWORD');

/** @returns the result, or why there is no run. */
export async function runChild<Input, Result extends Pick<RunPlanResult, 'steps'>>(
  child: ChildOf,
  type: string,
  input: Input & Pick<AgentInput, 'limits' | 'tenant' | 'agent'>,
  summary: string,
): Promise<Result | string> {
  const { step, run } = child;
  if (run.depth >= MAX_DEPTH) {
    return `This run is ${run.depth} runs below the first, and ${MAX_DEPTH} is the most: it starts none.`;
  }
  const runId = childRunId(child, type === WORKFLOW.runAgent);
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
  } catch (error) {
    await returnLostCalls(error, run);
    throw error;
  } finally {
    run.state.openChildren -= 1;
    run.budget.closeChild(workflowId);
  }
}

/**
 * Of the run above and the step, so that a run that is reset finds its children again. A step's id
 * begins with a letter and has no dot: the numbers of a plan and of an item cannot be mistaken.
 */
function childRunId({ step, place, run }: ChildOf, isAgent: boolean): string {
  const own = workflowInfo().workflowId.replace(/^t:.*?:run:/, '');
  const item = place.slice(step.id.length).replace(/[[\]]/g, '');
  const plan = run.state.plans > 1 ? `.${run.state.plans}` : '';
  // An agent of a later round begins anew: another run, whose conversation and keys are its own.
  const { round = 1 } = run.agents ?? {};
  const anew = isAgent && round > 1 ? `.${round}r` : '';
  return `${own}.${step.id}${plan}${anew}${item === '' ? '' : `.i${item}`}`;
}

/** What every child run is told. */
export function childInput({ step, run }: ChildOf) {
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
