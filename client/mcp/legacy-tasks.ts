import type { CallToolResult, Server, Tool } from '@modelcontextprotocol/server';
import { ProtocolError } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { OstinatoConnection } from '../connection.ts';
import type { RunDetail, RunSummary } from '../runs.ts';
import { describeRun, getRun } from '../runs.ts';
import { cancelRun } from './cancel-run.ts';
import type { McpEngine } from './mcp-engine.ts';
import { MCP_TOOLS } from './mcp-tools.ts';
import { runResult } from './run-view.ts';
import { TASK_POLL_INTERVAL_MS, TASK_TTL_MS, taskState, toTaskError } from './task-state.ts';
import { waitForRun } from './wait-for-run.ts';

// Tasks as the revision 2025-11-25 has them in its core; tasks.ts has the extension of 2026-07-28.
// Both name the same runs.

/** Without `list`, which the later revision dropped: whoever lost an id has the API's list of runs. */
export const LEGACY_TASKS = { cancel: {}, requests: { tools: { call: {} } } };

const CAN_BE_TASKS: ReadonlySet<string> = new Set(['run_agent', 'run_plan']);
const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
/** A cancelled run ends within a second or two, unless it takes steps back. */
const CANCEL_WAIT_MS = 20_000;
/** No run lasts longer that anybody holds a request open for. */
const RESULT_WAIT_MS = 24 * 3_600_000;

/** The same tools; those that take long say that they may be called as tasks. */
export const LEGACY_MCP_TOOLS: readonly Tool[] = MCP_TOOLS.map((tool) =>
  CAN_BE_TASKS.has(tool.name) ? { ...tool, execution: { taskSupport: 'optional' } } : tool,
);

/**
 * Whether a call asks for a task in place of its result.
 * @throws ProtocolError (-32601) where it does so of a tool that is none
 */
export function asksForTask(params: { readonly name: string; readonly task?: unknown }): boolean {
  if (params.task === undefined) return false;
  if (CAN_BE_TASKS.has(params.name)) return true;
  throw new ProtocolError(
    METHOD_NOT_FOUND,
    `${params.name} answers at once and cannot be called as a task. Call it without "task".`,
  );
}

/** What `tools/call` answers with once the run has been started. */
export async function createdLegacyTask(
  connection: OstinatoConnection,
  runId: string,
): Promise<CallToolResult> {
  const run = await describeRun(connection, runId);
  const task = taskFields(run, 'working', run.startedAtMs);
  return { content: [], task } as CallToolResult;
}

/** Serves `tasks/get`, `tasks/result` and `tasks/cancel`. */
export function serveLegacyTasks(server: Server, engine: McpEngine): void {
  const params = z.looseObject({ taskId: z.string() });
  const serve = (
    method: string,
    answer: (taskId: string, signal: AbortSignal) => Promise<Record<string, unknown>>,
  ): void => {
    server.setRequestHandler(method, { params }, ({ taskId }, { mcpReq }) => {
      const signal = AbortSignal.any([mcpReq.signal, engine.closing]);
      return answer(taskId, signal).catch((error: unknown) => {
        throw toTaskError(engine, error);
      });
    });
  };
  serve('tasks/get', async (taskId) => toTask(await getRun(engine.connection, taskId)));
  serve('tasks/result', (taskId, signal) => resultOf(engine, taskId, signal));
  serve('tasks/cancel', (taskId, signal) => cancelTask(engine, taskId, signal));
}

/** What the call would have answered with, once there is one. */
async function resultOf(
  { connection }: McpEngine,
  taskId: string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const wait = { waitMs: RESULT_WAIT_MS, signal, onProgress: () => undefined };
  const run = await waitForRun(connection, taskId, wait);
  const { status, error } = taskState(run);
  if (error !== null) throw new ProtocolError(error.code, error.message);
  if (status === 'working') {
    throw new ProtocolError(-32_603, `Task ${taskId} goes on; this server ends. Ask again.`);
  }
  return { ...runResult(run), _meta: { [RELATED_TASK]: { taskId } } };
}

async function cancelTask(
  { connection }: McpEngine,
  taskId: string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  await describeRun(connection, taskId);
  if (!(await cancelRun(connection, taskId, 'Cancelled by the MCP client.'))) {
    throw new ProtocolError(
      INVALID_PARAMS,
      `Task ${taskId} has ended before; there is nothing to cancel.`,
    );
  }
  // The revision wants a task to be cancelled when it says so, not to be about to be.
  const wait = { waitMs: CANCEL_WAIT_MS, signal, onProgress: () => undefined };
  return toTask(await waitForRun(connection, taskId, wait));
}

function toTask(run: RunDetail): Record<string, unknown> {
  const { status, updatedAtMs, message, error } = taskState(run);
  // A call whose result is an error is a failed task here, and a completed one in the extension.
  const isFailed = status === 'completed' && runResult(run).isError === true;
  const statusMessage = error?.message ?? message;
  return {
    ...taskFields(run, isFailed ? 'failed' : status, updatedAtMs),
    ...(statusMessage === null ? {} : { statusMessage }),
  };
}

function taskFields(run: RunSummary, status: string, updatedAtMs: number): Record<string, unknown> {
  return {
    taskId: run.runId,
    status,
    createdAt: new Date(run.startedAtMs).toISOString(),
    lastUpdatedAt: new Date(updatedAtMs).toISOString(),
    ttl: TASK_TTL_MS,
    pollInterval: TASK_POLL_INTERVAL_MS,
  };
}
