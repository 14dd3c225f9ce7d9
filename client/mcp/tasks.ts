import {
  CLIENT_CAPABILITIES_META_KEY,
  MissingRequiredClientCapabilityError,
  ProtocolError,
} from '@modelcontextprotocol/server';
import type {
  CallToolResult,
  ClientCapabilities,
  Server,
  ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isClientError } from '../client-error.ts';
import type { OstinatoConnection } from '../connection.ts';
import type { RunDetail, RunSummary } from '../runs.ts';
import { describeRun, getRun } from '../runs.ts';
import { cancelRun } from './cancel-run.ts';
import type { McpEngine } from './mcp-engine.ts';
import { runResult } from './run-view.ts';
import { progressLine } from './wait-for-run.ts';

/** The MCP extension for calls that outlive their request. A task is a run; their ids are the same. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Temporal keeps an ended run at least this long, in any sensible namespace. */
const TTL_MS = 24 * 3_600_000;
const POLL_INTERVAL_MS = 1_000;
const INVALID_PARAMS = -32_602;
const INTERNAL_ERROR = -32_603;

/** Whether this request's sender can handle a task in place of a result. */
export function takesTasks(context: ServerContext): boolean {
  const envelope = context.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
  return declared?.extensions?.[TASKS_EXTENSION] !== undefined;
}

/** What `tools/call` answers with once the run has been started. */
export async function createdTask(
  connection: OstinatoConnection,
  runId: string,
): Promise<CallToolResult> {
  const run = await describeRun(connection, runId);
  return {
    resultType: 'task',
    ...taskFields(run, 'working', run.startedAtMs),
  } as unknown as CallToolResult;
}

/** Serves `tasks/get`, `tasks/update` and `tasks/cancel`. */
export function serveTasks(server: Server, engine: McpEngine): void {
  const params = z.looseObject({ taskId: z.string() });
  const serve = (
    method: string,
    answer: (taskId: string) => Promise<Record<string, unknown>>,
  ): void => {
    server.setRequestHandler(method, { params }, async ({ taskId }, context) => {
      if (!takesTasks(context)) {
        throw new MissingRequiredClientCapabilityError({
          requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
        });
      }
      return answer(taskId).catch((error: unknown) => {
        throw toProtocolError(engine, error);
      });
    });
  };
  serve('tasks/get', async (taskId) => detailedTask(await getRun(engine.connection, taskId)));
  // A run that lacks something ends and says so: there is never an open question to be answered.
  serve('tasks/update', async (taskId) => {
    await describeRun(engine.connection, taskId);
    return {};
  });
  serve('tasks/cancel', async (taskId) => {
    await describeRun(engine.connection, taskId);
    await cancelRun(engine.connection, taskId, 'Cancelled by the MCP client.');
    return {};
  });
}

function detailedTask(run: RunDetail): Record<string, unknown> {
  const { progress, status, result } = run;
  const at = Math.max(
    run.endedAtMs ?? run.startedAtMs,
    ...(progress?.steps ?? []).map((step) => step.endedAtMs ?? step.startedAtMs ?? 0),
  );
  const message = progress === null ? {} : { statusMessage: progressLine(run.runId, progress) };
  if (status === 'running') return { ...taskFields(run, 'working', at), ...message };
  if (status === 'cancelled' || result?.outcome === 'cancelled') {
    return taskFields(run, 'cancelled', at);
  }
  if (result === null) {
    const error = { code: INTERNAL_ERROR, message: run.failure ?? `The run ended as ${status}.` };
    return { ...taskFields(run, 'failed', at), error };
  }
  return { ...taskFields(run, 'completed', at), result: runResult(run) };
}

function taskFields(
  run: RunSummary,
  status: 'working' | 'completed' | 'failed' | 'cancelled',
  updatedAtMs: number,
): Record<string, unknown> {
  return {
    taskId: run.runId,
    status,
    createdAt: new Date(run.startedAtMs).toISOString(),
    lastUpdatedAt: new Date(updatedAtMs).toISOString(),
    ttlMs: TTL_MS,
    pollIntervalMs: POLL_INTERVAL_MS,
  };
}

function toProtocolError(engine: McpEngine, error: unknown): ProtocolError {
  const isUnknown = isClientError(error) && error.code === 'not-found';
  const code = isUnknown ? INVALID_PARAMS : INTERNAL_ERROR;
  return new ProtocolError(code, engine.explain(error) ?? 'Something went wrong in the engine.');
}
