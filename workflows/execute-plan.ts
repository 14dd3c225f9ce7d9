// Runs in the workflow sandbox: starts each step as soon as what it needs has settled.
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AgentLimits, RunPlanResult, TaskQueues } from '../common/agent.ts';
import { dependenciesOf } from '../common/order-steps.ts';
import type { Plan, PlanStep, StepId } from '../common/plan.ts';
import { createSchedule } from '../common/schedule.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { ToolResult } from '../common/tool.ts';
import type { AgentRounds } from './agent-rounds.ts';
import type { RunBudget } from './run-budget.ts';
import type { RunControl } from './run-control.ts';
import { handOut } from './call-together.ts';
import { createItemPlaces, createPlaces } from './places.ts';
import { runStep } from './run-step.ts';
import type { RunState } from './run-state.ts';
import { admitStep, makesCall } from './admit-step.ts';
import { shouldLeave } from './should-leave.ts';
import { rollBack } from './roll-back.ts';
import { addPlan, closeSteps, updateStep } from './run-state.ts';

export interface PlanRun {
  readonly tenant: TenantContext;
  readonly limits: AgentLimits;
  readonly queues: TaskQueues;
  /** Workflow time at which the run must have ended; goes back where the clock does. */
  readonly deadlineMs: number;
  readonly state: RunState;
  readonly budget: RunBudget;
  /** @default false */
  readonly fastReads?: boolean | undefined;
  readonly control: RunControl;
  /** For lists and search; its child runs have the same. */
  readonly agent: string;
  /** Runs above it. */
  readonly depth: number;
  /** @default as the server suggests */
  readonly leaveAfterEvents: number | undefined;
  /** Of steps that an earlier round has called. @default none */
  readonly epochs?: Readonly<Record<string, number>> | undefined;
  /** Of an item of a batch. @default there is no other round */
  readonly agents?: AgentRounds | undefined;
}

export interface PlanEnd {
  readonly outcome: Exclude<RunPlanResult['outcome'], 'cancelled'>;
  readonly reason: string | null;
  readonly limit: keyof AgentLimits | null;
  /** Steps wait still: the run is to continue as new, and the plan goes on there. */
  readonly isLeft: boolean;
  readonly results: ReadonlyMap<StepId, ToolResult>;
}

/**
 * A step that fails with `onFailure: 'abort'` stops the plan: what runs is told to stop, what waits
 * is skipped.
 * @param earlier what the plan brought before the run continued as new; `null`: it begins here.
 * @throws CancelledFailure when the run is cancelled; `run.state` then says what was done.
 */
export async function executePlan(
  plan: Plan,
  run: PlanRun,
  earlier: ReadonlyMap<StepId, ToolResult> | null = null,
): Promise<PlanEnd> {
  if (earlier === null) addPlan(run.state, plan);
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const schedule = createSchedule(earlier === null ? plan.steps : openSteps(plan, run.state));
  const results = new Map<StepId, ToolResult>(earlier ?? []);
  const scope = new CancellationScope();
  const ended: { abort: string | null; limit: PlanEnd['limit'] } = { abort: null, limit: null };
  const places = createPlaces(run.limits);
  const itemPlaces = createItemPlaces(places, () => scope.run(startReady));

  const finish = async (step: PlanStep): Promise<void> => {
    const admission = await admitStep(step, results, run);
    if (admission.kind !== 'go') {
      places.leave(step);
      if (admission.kind === 'limit') ended.limit ??= admission.limit;
      return;
    }
    const end = await runStep(step, results, run, itemPlaces);
    places.leave(step);
    if (end.held) return;
    if (end.skipped === true && makesCall(step)) {
      run.budget.returnToolCall();
      run.state.toolCalls -= 1;
    }
    ended.limit ??= end.limit ?? null;
    const goesOn = end.problem === null || step.optional === true;
    if (step.callsFor !== undefined) handOut(step, step.callsFor, end, results);
    else if (end.result !== null) results.set(step.id, end.result);
    else if (goesOn) results.set(step.id, NO_ANSWER);
    // A step stopped together with the run is no failure: the caller closes the plan.
    if (end.stopped && scope.consideredCancelled) return;
    const why = `Step "${step.id}" did not succeed.`;
    for (const id of schedule.settle(step.id, goesOn)) {
      updateStep(run.state, id, { state: 'skipped', problem: why });
    }
    if (shouldLeave(run.leaveAfterEvents, run.state.openChildren > 0)) run.control.leave();
    if (goesOn || end.skipped === true) return;
    // The run's time ended it, whatever it says of itself.
    if (Date.now() >= run.deadlineMs) ended.limit ??= 'maxWallMs';
    if (step.onFailure !== 'abort' || ended.abort !== null) return;
    ended.abort = `Step "${step.id}" (${step.tool}) failed: ${end.problem}`;
    scope.cancel();
  };
  /** Starts all that may start; resolves when everything it started, and all that follows, ended. */
  const startReady = async (): Promise<void> => {
    const started: Promise<void>[] = [];
    while (ended.abort === null && ended.limit === null) {
      if (scope.consideredCancelled) break;
      const next = schedule.next(places.mayEnter);
      if (next === null) break;
      const step = byId.get(next.id) ?? next;
      if (Date.now() >= run.deadlineMs) {
        ended.limit = 'maxWallMs';
        break;
      }
      places.enter(step);
      started.push(finish(step).then(startReady));
    }
    await Promise.all(started);
  };

  await scope.run(startReady).catch(unlessCancelled);
  if (itemPlaces.hasStarted()) await itemPlaces.settled().catch(unlessCancelled);
  if (ended.abort === null && scope.consideredCancelled) await endCancelled(plan, run, results);
  return endOf(plan, run, results, ended);
}

/** How it was cancelled is looked at by whoever asks what has ended. */
function unlessCancelled(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/** @throws CancelledFailure */
async function endCancelled(
  plan: Plan,
  run: PlanRun,
  results: ReadonlyMap<StepId, ToolResult>,
): Promise<void> {
  closeSteps(run.state, plan, 'cancelled', 'The run was cancelled.');
  if (run.control.policy.rollback === true) await rollBack(plan, results, run);
  await CancellationScope.current().cancelRequested;
}

async function endOf(
  plan: Plan,
  run: PlanRun,
  results: ReadonlyMap<StepId, ToolResult>,
  ended: { readonly abort: string | null; readonly limit: PlanEnd['limit'] },
): Promise<PlanEnd> {
  const isWaiting = plan.steps.some(({ id }) => run.state.steps.get(id)?.state === 'waiting');
  const isOver = ended.abort !== null || ended.limit !== null || run.control.isInterrupted();
  if (run.control.isLeaving() && isWaiting && !isOver) {
    return { results, isLeft: true, outcome: 'partial', reason: null, limit: null };
  }
  const why = ended.abort ?? whyLeft(run, ended.limit);
  closeSteps(run.state, plan, 'skipped', why);
  const isRolledBack = ended.abort !== null && run.control.policy.rollback === true;
  const undone = isRolledBack ? await rollBack(plan, results, run) : null;
  const abort = undone === null ? ended.abort : `${ended.abort} ${undone}`;
  return { results, isLeft: false, ...judge(plan, run.state, abort, ended.limit) };
}

/** What has not begun, waiting for no more than what has not begun either. */
function openSteps(plan: Plan, state: RunState): readonly PlanStep[] {
  const open = plan.steps.filter(({ id }) => state.steps.get(id)?.state === 'waiting');
  const ids = new Set(open.map(({ id }) => id));
  const byId = new Map(open.map((step) => [step.id, step]));
  return open.map(({ when: _when, forEach: _forEach, fallback: _fallback, ...step }) => {
    const original = byId.get(step.id) ?? step;
    const after = dependenciesOf(original).filter((id) => ids.has(id));
    return { ...step, args: {}, after };
  });
}

function whyLeft({ control }: PlanRun, limit: PlanEnd['limit']): string {
  if (limit !== null) return `The run reached ${limit}.`;
  return control.isInterrupted() ? 'A new message came: the plan was left.' : 'It was not started.';
}

/** What a step that may fail has for those that need it. */
const NO_ANSWER: ToolResult = { isError: false, content: [], structured: null, artifact: null };

function judge(
  plan: Plan,
  state: RunState,
  abort: string | null,
  limit: PlanEnd['limit'],
): Omit<PlanEnd, 'results' | 'isLeft'> {
  if (limit !== null) return { outcome: 'out-of-budget', reason: `Reached ${limit}.`, limit };
  if (abort !== null) return { outcome: 'failed', reason: abort, limit };
  const failed = plan.steps.filter(
    (step) => step.optional !== true && state.steps.get(step.id)?.state === 'failed',
  );
  if (failed.length === 0) return { outcome: 'completed', reason: null, limit };
  const names = failed.map((step) => `"${step.id}" (${step.tool})`).join(', ');
  return { outcome: 'partial', reason: `Failed: ${names}.`, limit };
}
