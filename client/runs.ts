import type { WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { AgentResult, RunPlanResult, RunProgress } from '../common/agent.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../common/names.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import type { RunHandle } from './run-handle.ts';
import { createRunHandle } from './run-handle.ts';
import type { RunMemo } from './start-run.ts';
import { workflowIdOf } from './start-run.ts';
import { limitedCalls, withLimitWaits } from './waits-for-limits.ts';

export type RunStatus =
  'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out' | 'continued';

export interface RunSummary {
  readonly runId: string;
  readonly workflowId: string;
  readonly kind: 'agent' | 'plan';
  readonly agent: string | null;
  readonly summary: string | null;
  readonly status: RunStatus;
  /** How the run judged itself, once it has ended: `answered`, `completed`, `partial` … */
  readonly outcome: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

export interface RunDetail extends RunSummary {
  /** `null` when no worker answers the query. */
  readonly progress: RunProgress | null;
  /** Once completed. */
  readonly result: AgentResult | RunPlanResult | null;
  /** Why the workflow itself failed. */
  readonly failure: string | null;
}

export interface ListRunsOptions {
  readonly status?: RunStatus;
  readonly agent?: string;
  /** Newest first, at most this many. @default 20 */
  readonly limit?: number;
}

const TEMPORAL_STATUS: Readonly<Record<RunStatus, string>> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed-out': 'TimedOut',
  continued: 'ContinuedAsNew',
};

/** A handle on a run by its id; says nothing about whether the run exists. */
export function runHandle<Result = AgentResult | RunPlanResult>(
  connection: OstinatoConnection,
  runId: string,
): RunHandle<Result> {
  const workflowId = workflowIdOf(connection, runId);
  return createRunHandle<Result>(runId, connection.temporal.workflow.getHandle(workflowId));
}

/** Runs of this tenant, newest first. */
export async function listRuns(
  connection: OstinatoConnection,
  options: ListRunsOptions = {},
): Promise<readonly RunSummary[]> {
  const clauses = [
    `${SEARCH_ATTRIBUTE.tenant} = ${quoted(connection.tenant.tenantId)}`,
    // Batches have lists of their own, and each message of a conversation is a run.
    `WorkflowType != ${quoted(WORKFLOW.runBatch)}`,
    `WorkflowType != ${quoted(WORKFLOW.runConversation)}`,
    ...(options.status === undefined
      ? // A run that went on as another is that one.
        [`ExecutionStatus != ${quoted(TEMPORAL_STATUS.continued)}`]
      : [`ExecutionStatus = ${quoted(TEMPORAL_STATUS[options.status])}`]),
    ...(options.agent === undefined
      ? []
      : [`${SEARCH_ATTRIBUTE.agent} = ${quoted(options.agent)}`]),
  ];
  const limit = options.limit ?? 20;
  const runs: RunSummary[] = [];
  try {
    const query = clauses.join(' AND ');
    for await (const info of connection.temporal.workflow.list({ query, pageSize: limit })) {
      runs.push(toSummary(info));
      if (runs.length >= limit) break;
    }
  } catch (error) {
    throw new ClientError(
      'unavailable',
      `Temporal did not list the runs: ${describeFailure(error)}`,
      error,
    );
  }
  return runs;
}

/** @throws ClientError (`not-found`) */
export async function getRun(connection: OstinatoConnection, runId: string): Promise<RunDetail> {
  const handle = runHandle(connection, runId);
  const described = await describeExecution(connection, runId);
  const summary = toSummary(described);
  const progress = await handle.progress().catch(() => null);
  if (summary.status === 'running') {
    const shown = progress === null ? null : withLimitWaits(progress, limitedCalls(described));
    return { ...summary, progress: shown, result: null, failure: null };
  }
  try {
    return { ...summary, progress, result: await handle.result(), failure: null };
  } catch (error) {
    return { ...summary, progress, result: null, failure: describeFailure(error) };
  }
}

/**
 * A run as lists show it; asks no worker.
 * @throws ClientError (`not-found`, `unavailable`)
 */
export async function describeRun(
  connection: OstinatoConnection,
  runId: string,
): Promise<RunSummary> {
  return toSummary(await describeExecution(connection, runId));
}

/** As Temporal has it. @throws as `describeRun` does */
export async function describeExecution(
  connection: OstinatoConnection,
  runId: string,
): Promise<WorkflowExecutionDescription> {
  try {
    const workflow = connection.temporal.workflow.getHandle(workflowIdOf(connection, runId));
    return await workflow.describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new ClientError(
        'not-found',
        `There is no run ${runId}. List them with "ostinato runs list".`,
      );
    }
    throw new ClientError(
      'unavailable',
      `Run ${runId} cannot be read: ${describeFailure(error)}`,
      error,
    );
  }
}

type Listed = Pick<
  WorkflowExecutionInfo,
  'memo' | 'status' | 'workflowId' | 'type' | 'startTime' | 'typedSearchAttributes'
> & { readonly closeTime?: Date | undefined };

function toSummary(info: Listed): RunSummary {
  const memo = info.memo as Partial<RunMemo> | undefined;
  const name = info.status.name;
  const status = (Object.keys(TEMPORAL_STATUS) as RunStatus[]).find(
    (key) => TEMPORAL_STATUS[key].toUpperCase() === name.replaceAll('_', ''),
  );
  return {
    runId: info.workflowId.replace(/^t:.*:run:/, ''),
    workflowId: info.workflowId,
    kind: info.type === 'runPlan' ? 'plan' : 'agent',
    agent: attribute(info, SEARCH_ATTRIBUTE.agent),
    summary: memo?.summary ?? null,
    status: status ?? (name === 'CANCELLED' ? 'cancelled' : 'running'),
    outcome: attribute(info, SEARCH_ATTRIBUTE.status),
    startedAtMs: info.startTime.getTime(),
    endedAtMs: info.closeTime?.getTime() ?? null,
  };
}

function attribute(info: Listed, name: string): string | null {
  const pair = info.typedSearchAttributes.getAll().find(({ key }) => key.name === name);
  return typeof pair?.value === 'string' ? pair.value : null;
}

/** Visibility queries take single-quoted text; a quote inside would end it. */
function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
