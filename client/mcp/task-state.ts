import { ProtocolError } from '@modelcontextprotocol/server';
import { isClientError } from '../client-error.ts';
import type { RunDetail } from '../runs.ts';
import type { McpEngine } from './mcp-engine.ts';
import { progressLine } from './wait-for-run.ts';

const INVALID_PARAMS = -32_602;
const INTERNAL_ERROR = -32_603;

/** Temporal keeps an ended run at least this long, in any sensible namespace. */
export const TASK_TTL_MS = 24 * 3_600_000;
export const TASK_POLL_INTERVAL_MS = 1_000;

/** A run as both revisions of MCP's tasks see it. */
export interface TaskState {
  /** `failed`: the run has no result, so that there is nothing but `error` to hand out. */
  readonly status: 'working' | 'completed' | 'failed' | 'cancelled';
  readonly updatedAtMs: number;
  /** How far it is; `null`: nobody says. */
  readonly message: string | null;
  readonly error: { readonly code: number; readonly message: string } | null;
}

export function taskState(run: RunDetail): TaskState {
  const { progress, status, result, failure } = run;
  const updatedAtMs = Math.max(
    run.endedAtMs ?? run.startedAtMs,
    ...(progress?.steps ?? []).map((step) => step.endedAtMs ?? step.startedAtMs ?? 0),
  );
  const message = progress === null ? null : progressLine(run.runId, progress);
  const common = { updatedAtMs, message, error: null };
  if (status === 'running') return { ...common, status: 'working' };
  if (status === 'cancelled' || result?.outcome === 'cancelled') {
    return { ...common, status: 'cancelled' };
  }
  if (result !== null) return { ...common, status: 'completed' };
  const error = { code: INTERNAL_ERROR, message: failure ?? `The run ended as ${status}.` };
  return { ...common, status: 'failed', error };
}

/** What a request about a task is answered with where it fails. */
export function toTaskError(engine: McpEngine, error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const isUnknown = isClientError(error) && error.code === 'not-found';
  const code = isUnknown ? INVALID_PARAMS : INTERNAL_ERROR;
  return new ProtocolError(code, engine.explain(error) ?? 'Something went wrong in the engine.');
}
