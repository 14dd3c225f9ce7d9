import type { PendingDecision } from '../common/approval.ts';
import type { PlannerUsed, RunProgress, StepReport } from '../common/agent.ts';
import type { CarriedRun, EndedItem } from '../common/carried-run.ts';
import type { ContextUse } from '../common/context-use.ts';
import type { ModelChoice } from '../common/model-choice.ts';
import { dependenciesOf } from '../common/order-steps.ts';
import type { Plan, PlanStep, StepId } from '../common/plan.ts';
import type { ToolId } from '../common/tool.ts';

/** What a run has done so far: kept in workflow memory, answered by the `progress` query. */
export interface RunState {
  goal: string | null;
  phase: RunProgress['phase'];
  planner: PlannerUsed | null;
  turn: number;
  toolCalls: number;
  cancelReason: string | null;
  readonly steps: Map<StepId, StepReport>;
  revision: number;
  isPaused: boolean;
  /** Workflow time, ms; of the first run where it continued as new. */
  readonly startedAtMs: number;
  /** Plans made so far. */
  plans: number;
  /** Steps whose reports were left behind. */
  readonly earlierSteps: number;
  /** Tools of the runs before this one continued as new. */
  readonly earlierTools: readonly ToolId[];
  /** Tools of the runs above this one. */
  readonly toolsAbove: readonly ToolId[];
  /** Tools of child runs that have ended. */
  readonly childTools: Set<ToolId>;
  /** Child runs that have not ended. */
  openChildren: number;
  /** As in the result of a plan's run. */
  readonly anewBelow: Set<string>;
  /** Of steps that wait on with a part of their list: the items that have ended. */
  readonly itemsEnded: Map<StepId, readonly EndedItem[]>;
  pending: () => readonly PendingDecision[];
  /** `null`: no model was asked. */
  context: ContextUse | null;
  /** How the latest model calls found their models. */
  models: readonly ModelChoice[];
}

export function newRunState(
  goal: string | null,
  from?: CarriedRun,
  toolsAbove: readonly ToolId[] = [],
): RunState {
  return {
    goal,
    phase: 'planning',
    planner: from?.planner ?? null,
    turn: from?.turn ?? 0,
    toolCalls: from?.toolCalls ?? 0,
    cancelReason: null,
    steps: new Map((from?.steps ?? []).map((step) => [step.id, step])),
    revision: from?.revision ?? 0,
    startedAtMs: from?.startedAtMs ?? Date.now(),
    plans: from?.plans ?? 0,
    earlierSteps: from?.earlierSteps ?? 0,
    earlierTools: from?.usedTools ?? [],
    toolsAbove,
    childTools: new Set(),
    openChildren: 0,
    anewBelow: new Set(from?.anewBelow),
    itemsEnded: new Map((from?.open.items ?? []).map(([id, ended]) => [id as StepId, ended])),
    isPaused: false,
    pending: () => [],
    context: from?.context ?? null,
    models: from?.models ?? [],
  };
}

/** All that the run and those below it have used, those included whose reports were left behind. */
export function toolsOf({ earlierTools, childTools, steps }: RunState): ReadonlySet<ToolId> {
  const own = [...steps.values()].map(({ tool }) => tool);
  return new Set([...earlierTools, ...childTools, ...own]);
}

/** Steps that may still call a tool. */
export function waitingSteps({ steps }: RunState): number {
  return [...steps.values()].filter(({ state }) => state === 'waiting').length;
}

export function progressOf(state: RunState): RunProgress {
  return {
    phase: state.phase,
    goal: state.goal,
    planner: state.planner,
    turn: state.turn,
    steps: [...state.steps.values()],
    revision: state.revision,
    isPaused: state.isPaused,
    pending: state.pending(),
    ...(state.context === null ? {} : { context: state.context }),
    ...(state.models.length === 0 ? {} : { models: state.models }),
  };
}

export function addPlan(state: RunState, plan: Plan): void {
  addSteps(state, plan.steps);
}

export function addSteps(state: RunState, steps: readonly PlanStep[]): void {
  for (const step of steps) state.steps.set(step.id, waitingReport(step));
  state.phase = 'running';
  state.revision += 1;
}

export function updateStep(state: RunState, id: StepId, change: Partial<StepReport>): void {
  const report = state.steps.get(id);
  if (report === undefined) throw new Error(`Step "${id}" is not in this run.`);
  state.steps.set(id, { ...report, ...change });
  state.revision += 1;
}

function waitingReport(step: PlanStep): StepReport {
  return {
    id: step.id,
    tool: step.tool,
    title: step.title,
    state: 'waiting',
    needs: dependenciesOf(step),
    startedAtMs: null,
    endedAtMs: null,
    problem: null,
    preview: null,
  };
}

/** Marks what has not ended: nothing of the plan runs after this. */
export function closeSteps(
  state: RunState,
  plan: Plan,
  as: 'skipped' | 'cancelled',
  problem: string,
): void {
  for (const { id } of plan.steps) {
    const now = state.steps.get(id)?.state;
    if (now === 'waiting' || now === 'running') updateStep(state, id, { state: as, problem });
  }
}
