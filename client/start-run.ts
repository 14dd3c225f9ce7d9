import { createHash } from 'node:crypto';
import {
  defineSearchAttributeKey,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { ulid } from 'ulid';
import type { AgentLimits } from '../common/agent.ts';
import { canonicalJson } from '../common/canonical-json.ts';
import { describeFailure } from '../common/describe-failure.ts';
import type { JsonValue } from '../common/json.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { RunHandle } from './run-handle.ts';
import { createRunHandle } from './run-handle.ts';

export interface RunStart {
  readonly workflow: 'runAgent' | 'runPlan';
  readonly runId: string | undefined;
  readonly agent: string;
  /** One line for lists and the Temporal UI. */
  readonly summary: string;
  readonly limits: AgentLimits;
  readonly input: object;
}

/** The memo of every run: what lists show without reading the run. */
export interface RunMemo {
  readonly summary: string;
  /** Hash of the request, so that the same start twice is told from another start of one id. */
  readonly request: string;
}

const TENANT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.tenant, 'KEYWORD');
const AGENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.agent, 'KEYWORD');
/** By what a run is found from its first moment on. */
export function runAttributes(
  connection: OstinatoConnection,
  agent: string,
): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: TENANT, value: connection.tenant.tenantId },
    { key: AGENT, value: agent },
  ]);
}

export function summaryOfGoal(goal: string): string {
  return goal.replace(/\s+/g, ' ').slice(0, 200);
}

/** The run's own limit ends it in order; Temporal's is for a run that cannot. */
export const GRACE_MS = 60_000;

export function workflowIdOf(connection: OstinatoConnection, runId: string): string {
  return `t:${connection.tenant.tenantId}:run:${runId}`;
}

type Given = { readonly [Name in keyof AgentLimits]?: number | undefined };

export function resolveLimits(given: Given | undefined): AgentLimits {
  const limits = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(limits) };
}

/**
 * Starts a workflow, once per run id: the same request again is the same run.
 * @throws ClientError (`conflict`) when the id belongs to another request.
 */
export async function startRun<Result>(
  connection: OstinatoConnection,
  start: RunStart,
): Promise<RunHandle<Result>> {
  const runId = start.runId ?? ulid();
  const workflowId = workflowIdOf(connection, runId);
  const text = canonicalJson([start.workflow, start.input] as unknown as JsonValue);
  const memo: RunMemo = {
    summary: start.summary,
    request: createHash('sha256').update(text).digest('hex'),
  };
  const handle = connection.temporal.workflow.getHandle(workflowId);
  try {
    await connection.temporal.workflow.start(start.workflow, {
      workflowId,
      taskQueue: connection.queues.agent,
      args: [start.input],
      memo: { ...memo },
      staticSummary: start.summary,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowExecutionTimeout: start.limits.maxWallMs + GRACE_MS,
      typedSearchAttributes: runAttributes(connection, start.agent),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw cannotStart(error);
    const held = (await handle.describe()).memo as Partial<RunMemo> | undefined;
    if (held?.request !== memo.request) {
      throw new ClientError(
        'conflict',
        `Run id "${runId}" belongs to another request. Choose another id, or leave it out.`,
        error,
      );
    }
  }
  return createRunHandle<Result>(runId, handle);
}

function cannotStart(error: unknown): ClientError {
  const why = describeFailure(error);
  const hint = /search attribute/i.test(why)
    ? ' Register the search attributes with "ostinato doctor --fix", or start Temporal with "ostinato dev".'
    : '';
  return new ClientError('unavailable', `Temporal did not start the run: ${why}.${hint}`, error);
}
