// Runs in the workflow sandbox: one step of a plan, from its arguments to its result.
import { ActivityFailure } from '@temporalio/common';
import { isCancellation, patched } from '@temporalio/workflow';
import type { BudgetLimit } from '../common/budget.ts';
import { describeFailure } from '../common/describe-failure.ts';
import type { JsonObject } from '../common/json.ts';
import type { PlanStep, StepId, StepState } from '../common/plan.ts';
import { resolveArgs, UnresolvedReference } from '../common/resolve-args.ts';
import { resultText } from '../common/result-value.ts';
import { conditionHolds, describeCondition } from '../common/step-condition.ts';
import type { ToolResult } from '../common/tool.ts';
import type { Approval } from './approve-step.ts';
import { approveStep, whyAsk } from './approve-step.ts';
import type { CallItem } from './call-for-each.ts';
import { chunkCaller } from './call-chunk.ts';
import { fromBatch, leftToEach } from './call-together.ts';
import { callFallback } from './call-fallback.ts';
import { withItem } from './bind-step.ts';
import { callForEach } from './call-for-each.ts';
import { callStepTool, isUnknown, keyOf } from './call-step-tool.ts';
import type { PlanRun } from './execute-plan.ts';
import type { ItemPlaces } from './places.ts';
import { runAction } from './run-action.ts';
import { updateStep } from './run-state.ts';

/** `problem` is `null` where the step did what it should. */
export interface StepEnd {
  readonly result: ToolResult | null;
  readonly problem: string | null;
  /** The activity was cancelled before it ended. */
  readonly stopped: boolean;
  /** Its condition did not hold: no call was made. */
  readonly skipped?: boolean;
  /** The limit of the run that kept it from going on. */
  readonly limit?: BudgetLimit | null;
  /** The tool has failed for good, and nothing shows that it acted. */
  readonly toolFailed?: boolean;
  /** It has not begun, and waits on when the run continues as new. */
  readonly held?: boolean;
}

/** Arguments travel in the history; what is larger belongs in an artifact. */
const MAX_ARGS_CHARS = 1_000_000;
const PREVIEW_CHARS = 160;
const HELD: StepEnd = { result: null, problem: null, stopped: false, held: true };

/** Never throws: how the step ended is in the answer and in `run.state`. */
export async function runStep(
  step: PlanStep,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
  places: ItemPlaces | null = null,
): Promise<StepEnd> {
  updateStep(run.state, step.id, { state: 'running', startedAtMs: Date.now() });
  const end = await attempt(step, results, run, places);
  if (end.held === true) {
    updateStep(run.state, step.id, { state: 'waiting', startedAtMs: null });
    return end;
  }
  const state = stateOf(end);
  updateStep(run.state, step.id, {
    state,
    endedAtMs: Date.now(),
    problem: end.problem,
    preview: end.result === null ? null : previewOf(end.result),
    ...(end.result?.degraded === undefined ? {} : { degraded: end.result.degraded }),
  });
  return end;
}

function stateOf({ problem, stopped, skipped }: StepEnd): StepState {
  if (skipped === true) return 'skipped';
  if (problem === null) return 'done';
  return stopped ? 'cancelled' : 'failed';
}

async function attempt(
  step: PlanStep,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
  places: ItemPlaces | null,
): Promise<StepEnd> {
  try {
    if (step.sameAs !== undefined) return sameAnswer(step.sameAs, results);
    const brought = fromBatch(step, results, run.state) ?? leftToEach(step, run);
    if (brought !== null) return brought;
    const { when, forEach } = step;
    if (when !== undefined && !conditionHolds(when, results)) {
      const problem = `Not wanted: it runs only where ${describeCondition(when)}.`;
      return { result: null, problem, stopped: false, skipped: true };
    }
    if (forEach === undefined) return await callStep(step, step.id, results, run);
    const call: CallItem = async (item, place) => {
      try {
        return await callStep(withItem(step, item), place, results, run);
      } catch (error) {
        return failedWith(error);
      }
    };
    const each = { ...step, forEach };
    const many = chunkCaller(each, run, (chunk, place) =>
      callOnce(chunk, place, results, run).catch(failedWith),
    );
    return await callForEach(each, results, run, call, many, places);
  } catch (error) {
    return failedWith(error);
  }
}

/** The call, and where it fails its fallback. @throws UnresolvedReference and as activities do */
async function callStep(
  step: PlanStep,
  place: string,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
): Promise<StepEnd> {
  const { fallback } = step;
  if (fallback === undefined) return callOnce(step, place, results, run);
  const call = (each: PlanStep, at: string, insteadOf?: string) =>
    callOnce(each, at, results, run, insteadOf).catch(failedWith);
  const end = await call(step, place);
  if (end.toolFailed !== true) return end;
  return callFallback({ ...step, fallback }, end, run, (instead) =>
    call(instead, `${place}.fallback`, keyOf(place, run)),
  );
}

/** @param insteadOf key of the call in whose place this one is made */
async function callOnce(
  step: PlanStep,
  place: string,
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
  insteadOf?: string,
): Promise<StepEnd> {
  const { action } = step;
  if (action !== undefined) return runAction({ ...step, action }, place, results, run);
  const args = resolveArgs(step.args, results);
  const tooLarge = sizeProblem(step, args);
  if (tooLarge !== null) return { result: null, problem: tooLarge, stopped: false };
  const key = keyOf(place, run);
  const approval = approvedBefore(key, args, run) ?? (await approveStep(step, place, args, run));
  if (approval.kind !== 'go') {
    giveBack(run);
    if (approval.kind === 'held') return HELD;
    return { result: null, problem: approval.problem, stopped: false };
  }
  const isEdited = approval.args !== args;
  const known = knownAnswer(step, !isEdited);
  if (known !== null) {
    // It counts as a call: a read that was made early, while the plan was written, is one of these.
    updateStep(run.state, step.id, { cached: true });
    return { result: known, problem: null, stopped: false };
  }
  const result = await callStepTool(
    { step, place, args: approval.args, isEdited, run, key },
    insteadOf,
  );
  if (result === null) {
    giveBack(run);
    keepApproval(step, key, approval.args, run);
    return HELD;
  }
  if (result.isError && place !== step.id) run.state.anewBelow.add(place);
  const problem = result.isError ? `The tool answered with an error: ${previewOf(result)}` : null;
  // A tool that changes things may have begun to before it said no.
  const toolFailed = result.isError && step.effect === 'read';
  return { result, problem, stopped: false, ...(toolFailed ? { toolFailed } : {}) };
}

/** The call was made before, and waits for what came of it: nobody is asked again whether it may be. */
function approvedBefore(key: string, args: JsonObject, { control }: PlanRun): Approval | null {
  const asked = control.questions.asked.get(key);
  const approved = control.decisions.approved.get(key);
  if (asked === undefined && approved === undefined) return null;
  control.decisions.approved.delete(key);
  return { kind: 'go', args: approved ?? asked?.args ?? args };
}

function keepApproval(step: PlanStep, key: string, args: JsonObject, run: PlanRun): void {
  if (whyAsk(step, run) === null || !patched('approved-once')) return;
  run.control.decisions.approved.set(key, args);
}

function failedWith(error: unknown): StepEnd {
  if (error instanceof UnresolvedReference) {
    return { result: null, problem: error.message, stopped: false };
  }
  const stopped = isCancellation(error);
  const problem = stopped ? 'The step was stopped.' : describeFailure(error);
  const toolFailed = !stopped && error instanceof ActivityFailure && !isUnknown(error);
  return { result: null, problem, stopped, ...(toolFailed ? { toolFailed } : {}) };
}

/** The other step has succeeded: else this one would never have started. */
function sameAnswer(id: StepId, results: ReadonlyMap<StepId, ToolResult>): StepEnd {
  const result = results.get(id);
  if (result === undefined) throw new UnresolvedReference(`Step "${id}" has no result.`);
  return { result, problem: null, stopped: false };
}

/** @param isAsPlanned a person has not changed its arguments */
function knownAnswer({ known }: PlanStep, isAsPlanned: boolean): ToolResult | null {
  return known !== undefined && isAsPlanned && Date.now() <= known.untilMs ? known.result : null;
}

/** The call was taken from the budget and is not made. */
function giveBack({ budget, state }: PlanRun): void {
  budget.returnToolCall();
  state.toolCalls -= 1;
}

function sizeProblem(step: PlanStep, args: JsonObject): string | null {
  const chars = JSON.stringify(args).length;
  if (chars <= MAX_ARGS_CHARS) return null;
  return (
    `The arguments of ${step.tool} have ${chars} characters; at most ${MAX_ARGS_CHARS} fit. ` +
    `Refer to the earlier result as a whole, so that it travels as an artifact.`
  );
}

function previewOf(result: ToolResult): string {
  const text = resultText(result) || JSON.stringify(result.structured ?? '');
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= PREVIEW_CHARS ? line : `${line.slice(0, PREVIEW_CHARS - 1)}…`;
}
