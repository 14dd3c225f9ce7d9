// Runs in the workflow sandbox: one step that calls no tool.
import { condition } from '@temporalio/workflow';
import { isJsonObject } from '../common/json.ts';
import type { JsonObject, JsonValue } from '../common/json.ts';
import { parseMoment } from '../common/moment.ts';
import type { PlanStep, StepAction, StepId } from '../common/plan.ts';
import { asText, resolveArgs, UnresolvedReference } from '../common/resolve-args.ts';
import type { ToolResult } from '../common/tool.ts';
import type { PlanRun } from './execute-plan.ts';
import { runChildAgent } from './run-child-agent.ts';
import { runSubPlan } from './run-sub-plan.ts';
import type { StepEnd } from './run-step.ts';
import { updateStep } from './run-state.ts';

/** What a wait may take, a week: no run lives longer. */
const MAX_WAIT_MS = 7 * 24 * 3_600_000;

/** @param place of the step, or of the item of its list. @throws UnresolvedReference and as children do */
export async function runAction(
  step: PlanStep & { readonly action: StepAction },
  place: string,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
): Promise<StepEnd> {
  const args = resolveArgs(step.args, results);
  const { action } = step;
  switch (action.kind) {
    case 'value':
      return done(args);
    case 'wait':
      return waitUntil(step, args, run);
    case 'signal':
      return waitForSignal(step, action.name, run);
    case 'plan':
      return runSubPlan({ step, place, run }, action, args);
    case 'agent':
      return runChildAgent({ step, place, run }, action, goalOf(args));
  }
}

/** A step that waits leaves its place to those that work. */
export function isWait({ action }: Pick<PlanStep, 'action'>): boolean {
  return action?.kind === 'wait' || action?.kind === 'signal';
}

export function done(structured: JsonObject, text = JSON.stringify(structured)): StepEnd {
  const content = [{ kind: 'text', text }] as const;
  const result: ToolResult = { isError: false, content, structured, artifact: null };
  return { result, problem: null, stopped: false };
}

/** Nobody has ended the wait: it goes on where the run goes on, or is left with the plan. */
const HELD: StepEnd = { result: null, problem: null, stopped: false, held: true };

async function waitUntil(step: PlanStep, args: JsonObject, run: PlanRun): Promise<StepEnd> {
  const untilMs = rememberedEnd(step, run) ?? endOfWait(args);
  const { control, deadlineMs } = run;
  if (untilMs > deadlineMs) {
    return failed(
      `It waits until ${shown(untilMs)}, and the run must have ended by ${shown(deadlineMs)}: raise maxWallMs.`,
    );
  }
  showWait(step, run, untilMs, `until ${shown(untilMs)}`);
  const leftMs = untilMs - Date.now();
  const isHeld = (): boolean => control.isLeaving() || control.isInterrupted();
  if (leftMs > 0 && (await condition(isHeld, leftMs))) return HELD;
  return done({ until: shown(untilMs) });
}

async function waitForSignal(step: PlanStep, name: string, run: PlanRun): Promise<StepEnd> {
  const { control, deadlineMs } = run;
  const { signals } = control;
  const untilMs = rememberedEnd(step, run) ?? Math.min(Date.now() + step.timeoutMs, deadlineMs);
  showWait(step, run, untilMs, `for the signal "${name}", until ${shown(untilMs)}`);
  const isHeld = (): boolean => control.isLeaving() || control.isInterrupted();
  const isOver = (): boolean => signals.has(name) || isHeld();
  if (!isOver()) await condition(isOver, Math.max(1, untilMs - Date.now()));
  const payload = signals.take(name);
  if (payload !== undefined) return answered(payload);
  if (isHeld()) return HELD;
  return failed(`The signal "${name}" did not come by ${shown(untilMs)}.`);
}

function answered(payload: JsonValue): StepEnd {
  if (isJsonObject(payload)) return done(payload);
  const content = [{ kind: 'text', text: payload === null ? '' : asText(payload) }] as const;
  const result: ToolResult = { isError: false, content, structured: null, artifact: null };
  return { result, problem: null, stopped: false };
}

/** A wait that began before the run continued as new ends when it was to end. */
function rememberedEnd({ id }: PlanStep, { state }: PlanRun): number | null {
  return state.steps.get(id)?.untilMs ?? null;
}

function showWait({ id }: PlanStep, { state }: PlanRun, untilMs: number, preview: string): void {
  updateStep(state, id, { untilMs, preview: `waits ${preview}` });
}

/** @throws UnresolvedReference where the arguments name no moment. */
function endOfWait({ seconds, until }: JsonObject): number {
  if (until !== undefined) {
    const moment = typeof until === 'string' ? parseMoment(until) : null;
    if (moment !== null) return moment;
    throw new UnresolvedReference(
      `"waitFor.until" is ${JSON.stringify(until).slice(0, 80)}: it takes a time with its zone, as in 2027-01-31T09:00:00Z.`,
    );
  }
  const given = typeof seconds === 'string' && seconds.trim() !== '' ? Number(seconds) : seconds;
  if (typeof given === 'number' && given >= 0 && given * 1_000 <= MAX_WAIT_MS) {
    return Date.now() + Math.round(given * 1_000);
  }
  throw new UnresolvedReference(
    `"waitFor.seconds" is ${JSON.stringify(seconds ?? null).slice(0, 80)}: it takes a number from 0 to ${MAX_WAIT_MS / 1_000}.`,
  );
}

/** @throws UnresolvedReference where a part of it lies in an artifact. */
function goalOf({ goal }: JsonObject): string {
  if (goal !== undefined && typeof goal !== 'object') return asText(goal);
  const isHeld = isJsonObject(goal) && ('$artifact' in goal || '$concat' in goal);
  if (!isHeld) return asText(goal ?? null);
  throw new UnresolvedReference(
    'The goal refers to a value in an answer of more than 32 KiB, which a run does not hold. Name where it is, and let the agent read it.',
  );
}

function failed(problem: string): StepEnd {
  return { result: null, problem, stopped: false };
}

function shown(ms: number): string {
  return new Date(ms).toISOString();
}
