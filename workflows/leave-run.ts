// Runs in the workflow sandbox: a run whose history has grown long goes on as another.
import { allHandlersFinished, condition, patched } from '@temporalio/workflow';
import type { CarriedRun, EndedItem } from '../common/carried-run.ts';
import type { ConversationRef } from '../common/conversation.ts';
import type { LlmUsage } from '../common/llm.ts';
import type { Plan, StepId } from '../common/plan.ts';
import { stepsReadByRun } from '../common/steps-read-by-run.ts';
import type { ToolResult } from '../common/tool.ts';
import { continueOnNewest } from './continue-on-newest.ts';
import type { PlanEnd, PlanRun } from './execute-plan.ts';
import { executePlan } from './execute-plan.ts';
import { keepLarge } from './keep-large.ts';
import { toolsOf } from './run-state.ts';

/** Reports of steps of earlier plans that go along. */
const EARLIER_STEPS = 100;
/** A result of more goes along as a reference, as JSON. */
const MAX_CARRIED_CHARS = 2_000;
/** What one payload holds, with room to spare; a plan of more is finished first. */
const MAX_CHARS = 1_500_000;

interface Leaving {
  readonly run: PlanRun;
  readonly plan: Plan;
  readonly results: ReadonlyMap<StepId, ToolResult>;
  readonly usage: LlmUsage;
  readonly conversation: ConversationRef | null;
}

/**
 * Runs a plan to its end, or ends this run of the workflow in the middle of it: the next one goes on.
 */
export async function executeOrLeave<Input extends { readonly carried?: CarriedRun }>(
  input: Input,
  { run, plan, usage, conversation }: Omit<Leaving, 'results'>,
  earlier: ReadonlyMap<StepId, ToolResult> | null,
): Promise<PlanEnd> {
  for (let begun = earlier; ;) {
    const end = await executePlan(plan, run, begun);
    if (!end.isLeft) {
      run.control.decisions.forgetLeft();
      run.state.itemsEnded.clear();
      return end;
    }
    await leaveRun(input, { run, plan, results: end.results, usage, conversation });
    run.control.stay();
    begun = end.results;
  }
}

/** The results of the plan in the middle of which the run left. */
export function carriedResults({ open }: CarriedRun): ReadonlyMap<StepId, ToolResult> {
  return new Map(open.results.map(([id, result]) => [id as StepId, result]));
}

/**
 * Ends this run of the workflow; the next one goes on with `input` and what is carried. Waits for
 * what people have just asked of this one.
 *
 * @returns only where too much would have to be carried: then the run stays.
 */
async function leaveRun<Input extends { readonly carried?: CarriedRun }>(
  input: Input,
  leaving: Leaving,
): Promise<void> {
  const readHere = stepsReadByRun(leaving.plan, leaving.results);
  const staysWhole = (id: StepId): boolean => readHere.has(id) && patched('read-by-run');
  const results = await Promise.all(
    [...leaving.results].map(async ([id, result]) => {
      const maxChars = staysWhole(id) ? Infinity : MAX_CARRIED_CHARS;
      return [id, await keepLarge(leaving.run, result, maxChars)] as const;
    }),
  );
  const items = await keepItems(leaving.run);
  await condition(allHandlersFinished);
  const carried = carriedRun(leaving, { results, ...(items.length === 0 ? {} : { items }) });
  if (JSON.stringify(carried).length > MAX_CHARS) return;
  await continueOnNewest<(input: Input) => Promise<unknown>>({ ...input, carried });
}

/** Long answers of items go along as references, like those of steps. */
function keepItems(run: PlanRun): Promise<NonNullable<CarriedRun['open']['items']>> {
  const keep = async ([at, result]: EndedItem): Promise<EndedItem> => [
    at,
    result === null ? null : await keepLarge(run, result, MAX_CARRIED_CHARS),
  ];
  return Promise.all(
    [...run.state.itemsEnded].map(
      async ([id, ended]) => [id, await Promise.all(ended.map(keep))] as const,
    ),
  );
}

function carriedRun(
  { run, plan, usage, conversation }: Leaving,
  open: Omit<CarriedRun['open'], 'plan'>,
): CarriedRun {
  const { state, budget, control } = run;
  const inPlan = new Set<string>(plan.steps.map(({ id }) => id));
  const all = [...state.steps.values()];
  const earlier = all.filter(({ id }) => !inPlan.has(id));
  const kept = earlier.slice(-EARLIER_STEPS);
  return {
    deadlineMs: run.deadlineMs,
    startedAtMs: state.startedAtMs,
    turn: state.turn,
    plans: state.plans,
    toolCalls: state.toolCalls,
    revision: state.revision,
    planner: state.planner,
    usage,
    ...(state.context === null ? {} : { context: state.context }),
    ...(state.models.length === 0 ? {} : { models: state.models }),
    conversation,
    steps: [...kept, ...all.filter(({ id }) => inPlan.has(id))],
    earlierSteps: state.earlierSteps + earlier.length - kept.length,
    usedTools: [...toolsOf(state)],
    budget: budget.state(),
    ...(state.anewBelow.size === 0 ? {} : { anewBelow: [...state.anewBelow] }),
    ...(run.agents === undefined ? {} : { agents: run.agents.ends() }),
    control: control.state(),
    open: { plan, ...open },
  };
}
