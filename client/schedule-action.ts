import type { ScheduleOptions } from '@temporalio/client';
import type { AgentLimits, RunPlanInput } from '../common/agent.ts';
import type { RunBatchInput } from '../common/batch.ts';
import { WORKFLOW } from '../common/names.ts';
import { agentInput } from './agent-input.ts';
import { toBatch } from './batch-request.ts';
import { planSummary } from './plan-summary.ts';
import { policyOf } from './policy.ts';
import { batchSummary, batchWorkflowId } from './batches.ts';
import type { OstinatoConnection } from './connection.ts';
import type { ParsedSchedule } from './schedule-request.ts';
import {
  GRACE_MS,
  resolveLimits,
  runAttributes,
  summaryOfGoal,
  workflowIdOf,
} from './start-run.ts';

/** What a schedule keeps beside itself, so that lists need not read it. */
export interface ScheduleMemo {
  readonly kind: 'agent' | 'plan' | 'batch';
  readonly agent: string;
  readonly summary: string;
  readonly cron: string;
  readonly timeZone: string;
}

type Action = ScheduleOptions['action'];
type Started = Pick<ScheduleMemo, 'kind' | 'agent' | 'summary'> & {
  readonly workflowType: string;
  /** Temporal adds the time of each start. */
  readonly workflowId: string;
  readonly input: object;
  /** `null`: it has no bound of its own. */
  readonly limits: AgentLimits | null;
};

/** What Temporal starts, and what is kept beside it. */
export function scheduleAction(
  connection: OstinatoConnection,
  request: ParsedSchedule,
): { readonly action: Action; readonly memo: ScheduleMemo } {
  const { kind, agent, summary, workflowType, workflowId, input, limits } = started(
    connection,
    request,
  );
  const { cron, timeZone = 'UTC' } = request;
  return {
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId,
      taskQueue: connection.queues.agent,
      args: [input],
      memo: { summary },
      staticSummary: summary,
      typedSearchAttributes: runAttributes(connection, agent),
      ...(limits === null ? {} : { workflowExecutionTimeout: limits.maxWallMs + GRACE_MS }),
    },
    memo: { kind, agent, summary, cron, timeZone },
  };
}

function started(connection: OstinatoConnection, request: ParsedSchedule): Started {
  const { scheduleId, run, plan, batch } = request;
  if (batch !== undefined) return startedBatch(connection, scheduleId, batch);
  if (plan !== undefined) return startedPlan(connection, scheduleId, plan);
  const input = agentInput(connection, run ?? { goal: '' });
  return {
    kind: 'agent',
    agent: input.agent,
    summary: summaryOfGoal(input.goal),
    workflowType: WORKFLOW.runAgent,
    workflowId: workflowIdOf(connection, scheduleId),
    input,
    limits: input.limits,
  };
}

function startedPlan(
  connection: OstinatoConnection,
  scheduleId: string,
  { agent = 'plan', plan, ...given }: NonNullable<ParsedSchedule['plan']>,
): Started {
  const limits = resolveLimits(given.limits);
  const { tenant, queues } = connection;
  // Written, not checked: the registry may have changed by the time it starts.
  const input: RunPlanInput = {
    ...{ tenant, agent, plan: null, written: plan, limits, queues },
    ...policyOf(connection, given.policy),
  };
  return {
    kind: 'plan',
    agent,
    summary: planSummary(plan),
    workflowType: WORKFLOW.runPlan,
    workflowId: workflowIdOf(connection, scheduleId),
    input,
    limits,
  };
}

function startedBatch(
  connection: OstinatoConnection,
  scheduleId: string,
  request: NonNullable<ParsedSchedule['batch']>,
): Started {
  const { work, source, settings } = toBatch(connection, request);
  const { tenant, queues } = connection;
  const input: RunBatchInput = {
    ...{ tenant, work, source, settings, queues },
    // Each start is a batch of its own, named after its workflow.
    batchId: null,
    round: 1,
    resumeAt: null,
  };
  return {
    kind: 'batch',
    agent: settings.agent,
    summary: batchSummary(work),
    workflowType: WORKFLOW.runBatch,
    workflowId: batchWorkflowId(connection, scheduleId),
    input,
    limits: null,
  };
}
