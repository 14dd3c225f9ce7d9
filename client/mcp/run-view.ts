import type { CallToolResult } from '@modelcontextprotocol/server';
import type { StepReport } from '../../common/agent.ts';
import type { PendingDecision } from '../../common/approval.ts';
import { resultValue } from '../../common/result-value.ts';
import type { JsonValue } from '../../common/json.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { RunDetail } from '../runs.ts';
import { structuredResult } from './to-call-result.ts';

/** Values of a plan's steps that are worth sending back whole, characters of JSON. */
const MAX_VALUE = 8_000;
const MAX_VALUES = 64_000;

const WENT_WELL: ReadonlySet<string> = new Set(['answered', 'completed', 'needs-input']);

/** A run as the tools answer with it; see `tools/run-output.ts`. */
export function runResult(run: RunDetail): CallToolResult {
  const { result } = run;
  const isOver = run.status !== 'running';
  const outcome = result?.outcome ?? run.outcome;
  const chosen = result !== null && 'models' in result ? result.models : run.progress?.models;
  const models = chosen ?? [];
  const pending = isOver ? [] : (run.progress?.pending ?? []);
  const isError = isOver && !(run.status === 'completed' && WENT_WELL.has(outcome ?? ''));
  const view = {
    runId: run.runId,
    kind: run.kind,
    status: run.status,
    outcome,
    answer: result !== null && 'answer' in result ? result.answer : null,
    question: result !== null && 'question' in result ? result.question : null,
    reason: reasonOf(run),
    steps: (result?.steps ?? run.progress?.steps ?? []).map(toStep),
    ...(result !== null && 'results' in result ? valuesOf(result.results) : {}),
    ...(pending.length === 0 ? {} : { pending: pending.map(toPending) }),
    ...(models.length === 0 ? {} : { models }),
    next: isOver ? null : nextOf(run.runId, pending.length),
  };
  return structuredResult(view, isError);
}

function reasonOf({ result, failure }: RunDetail): string | null {
  if (failure !== null) return failure;
  if (result === null) return null;
  if ('limit' in result) return `It reached its limit "${result.limit}".`;
  return 'reason' in result ? result.reason : null;
}

function nextOf(runId: string, pending: number): string {
  const how = pending === 0 ? 'It goes on.' : 'It waits for a person ("ostinato approvals list").';
  return `${how} Call get_run with runId "${runId}" and a waitMs.`;
}

function toStep({ id, tool, state, problem, preview, degraded, waitsFor }: StepReport): object {
  return {
    ...{ id, tool, state, problem, preview },
    ...(degraded === undefined ? {} : { degraded }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
  };
}

/** What a person is asked; the arguments are shown to whoever decides. */
function toPending({ id, kind, step, tool, reason, questions }: PendingDecision): object {
  return { ...{ id, kind, step, tool, reason }, ...(questions === undefined ? {} : { questions }) };
}

/** By step id; what is too long is left out, or shown as it begins: its artifact holds it. */
function valuesOf(results: Readonly<Record<string, ToolResult>>): object {
  let left = MAX_VALUES;
  const kept: [string, JsonValue][] = [];
  const artifacts: [string, string][] = [];
  for (const [id, result] of Object.entries(results)) {
    if (result.artifact !== null) artifacts.push([id, result.artifact.artifactId]);
    const value = resultValue(result);
    const length = JSON.stringify(value).length;
    if (length > Math.min(left, MAX_VALUE)) continue;
    left -= length;
    kept.push([id, value]);
  }
  return {
    results: Object.fromEntries(kept),
    ...(artifacts.length === 0 ? {} : { artifacts: Object.fromEntries(artifacts) }),
  };
}
