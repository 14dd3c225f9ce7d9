import {
  CLIENT_CAPABILITIES_META_KEY,
  MissingRequiredClientCapabilityError,
} from '@modelcontextprotocol/server';
import type {
  CallToolResult,
  ClientCapabilities,
  Server,
  ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { OstinatoConnection } from '../connection.ts';
import type { RunDetail, RunSummary } from '../runs.ts';
import { describeRun, getRun } from '../runs.ts';
import { cancelRun } from './cancel-run.ts';
import type { McpEngine } from './mcp-engine.ts';
import { runResult } from './run-view.ts';
import type { TaskState } from './task-state.ts';
import { TASK_POLL_INTERVAL_MS, TASK_TTL_MS, taskState, toTaskError } from './task-state.ts';

/**
 * The MCP extension for calls that outlive their request. A task is a run; their ids are the same.
 * Revision 2025-11-25 has its own: legacy-tasks.ts.
 */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

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
        throw toTaskError(engine, error);
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
  const { status, updatedAtMs, message, error } = taskState(run);
  const fields = taskFields(run, status, updatedAtMs);
  switch (status) {
    case 'working':
      return { ...fields, ...(message === null ? {} : { statusMessage: message }) };
    case 'completed':
      return { ...fields, result: runResult(run) };
    case 'failed':
      return { ...fields, error };
    case 'cancelled':
      return fields;
  }
}

function taskFields(
  run: RunSummary,
  status: TaskState['status'],
  updatedAtMs: number,
): Record<string, unknown> {
  return {
    taskId: run.runId,
    status,
    createdAt: new Date(run.startedAtMs).toISOString(),
    lastUpdatedAt: new Date(updatedAtMs).toISOString(),
    ttlMs: TASK_TTL_MS,
    pollIntervalMs: TASK_POLL_INTERVAL_MS,
  };
}
