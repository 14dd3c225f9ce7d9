// Runs in the workflow sandbox: one step that calls its tool for each item of a list.
import { CancellationScope } from '@temporalio/workflow';
import type { BudgetLimit } from '../common/budget.ts';
import type { JsonValue } from '../common/json.ts';
import type { ForEach, PlanStep, StepId } from '../common/plan.ts';
import { isArtifactValue, resolveArg, UnresolvedReference } from '../common/resolve-args.ts';
import { resultValue, countText } from '../common/result-value.ts';
import type { ToolResult } from '../common/tool.ts';
import { makesCall } from './admit-step.ts';
import type { ChunkCaller } from './call-chunk.ts';
import type { PlanRun } from './execute-plan.ts';
import { createItemTurns } from './item-turns.ts';
import type { ItemPlaces } from './places.ts';
import { updateStep } from './run-state.ts';
import type { StepEnd } from './run-step.ts';

/** More items are a batch, which has a history of its own for each part. */
const MAX_ITEMS = 1_000;

/** One call; never throws. @param place tells its idempotency key from those of the others */
export type CallItem = (item: JsonValue, place: string) => Promise<StepEnd>;

/**
 * The answer is `{items: […]}`, in the order of the list. An item that fails ends the step, and what
 * runs is told to stop; where the step is optional, its place in the answer is `null`.
 *
 * @param many calls for several items at once; `null`: each by itself
 * @param places of items beyond the first; `null`: the step's own is for all
 */
export async function callForEach(
  step: PlanStep & { readonly forEach: ForEach },
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
  call: CallItem,
  many: ChunkCaller | null = null,
  places: ItemPlaces | null = null,
): Promise<StepEnd> {
  const items = itemsOf(step, results);
  const scope = new CancellationScope();
  const list = createList(step, items, run, scope);
  const turns = createItemTurns(step, items, results, run, places);
  let next = 0;

  const placeOf = (at: number): string => `${step.id}[${at}]`;
  const callChunk = async (from: number, to: number, all: ChunkCaller): Promise<boolean> => {
    const end = await all.call(items.slice(from, to), `${step.id}[${from}-${to - 1}]`);
    if (end !== null && 'end' in end) return list.keep(from, end.end);
    for (let at = from; at < to && list.goesOn(); at += 1) {
      const result = end?.answers[at - from] ?? null;
      if (result !== null) list.keep(at, { result, problem: null, stopped: false });
      else if (!list.admit(at, await run.budget.takeToolCall())) return false;
      else if (!list.keep(at, await call(items[at] ?? null, placeOf(at)))) return false;
    }
    return list.goesOn();
  };
  const work = async (ownPlace: boolean): Promise<void> => {
    while (next < items.length && list.goesOn()) {
      const at = next;
      const to = (next = Math.min(items.length, at + (many?.maxItems ?? 1)));
      const turn = turns.begin(at, to, ownPlace);
      if (turn !== null && !(await turn)) return;
      try {
        if (!list.goesOn()) return;
        // The first call was taken with the step.
        const isPaid = at === 0 || !makesCall(step);
        if (!isPaid && !list.admit(at, await run.budget.takeToolCall(items.length - at))) return;
        if (many !== null && to - at > 1) {
          if (!(await callChunk(at, to, many))) return;
        } else if (!list.keep(at, await call(items[at] ?? null, placeOf(at)))) return;
      } finally {
        turns.end(at, to, ownPlace);
      }
    }
  };

  const calls = Math.ceil(items.length / (many?.maxItems ?? 1));
  const width = Math.min(step.forEach.maxParallel, run.limits.maxParallel, calls);
  await scope.run(async () => {
    await Promise.all(Array.from({ length: width }, (_, worker) => work(worker === 0)));
  });
  return list.end();
}

/** What became of the items so far. */
function createList(
  step: PlanStep,
  items: readonly JsonValue[],
  run: PlanRun,
  scope: CancellationScope,
) {
  const values: JsonValue[] = items.map(() => null);
  let problem: string | null = null;
  let limit: BudgetLimit | null = null;
  let done = 0;
  let isHeld = false;
  return {
    goesOn: () => problem === null && !isHeld && !scope.consideredCancelled,
    /** @returns whether the call may be made. */
    admit(at: number, refused: BudgetLimit | null): boolean {
      if (refused === null) {
        run.state.toolCalls += 1;
        return true;
      }
      limit = refused;
      problem = `The run reached ${refused} at item ${at} of ${items.length}.`;
      return false;
    },
    /** @returns whether the next item may begin. */
    keep(at: number, end: StepEnd): boolean {
      if (end.held === true) {
        isHeld = true;
        return false;
      }
      if (end.problem === null && end.result !== null) values[at] = itemValue(end.result);
      else if (step.optional !== true || end.stopped) {
        problem ??= end.stopped ? 'The step was stopped.' : `Item ${at}: ${end.problem}`;
        scope.cancel();
        return false;
      }
      done += 1;
      updateStep(run.state, step.id, { preview: `${done} of ${items.length} items` });
      return true;
    },
    end(): StepEnd {
      const stopped = CancellationScope.current().consideredCancelled;
      if (problem !== null || stopped) {
        return { result: null, problem: problem ?? 'The step was stopped.', stopped, limit };
      }
      // What is done is called again when the step goes on: under the same keys, so that no effect
      // happens twice.
      if (isHeld) return { result: null, problem: null, stopped: false, held: true };
      return { result: listResult(values), problem: null, stopped: false };
    },
  };
}

/** @throws UnresolvedReference where there is no list, or one that is too long. */
function itemsOf(
  step: PlanStep & { readonly forEach: ForEach },
  results: ReadonlyMap<StepId, ToolResult>,
): readonly JsonValue[] {
  const list = resolveArg(step.forEach.items, results);
  if (isArtifactValue(list)) {
    throw new UnresolvedReference(
      `The list of "forEach" lies in an answer of more than 32 KiB, which a run does not hold. Ask for less, or run a batch.`,
    );
  }
  if (!Array.isArray(list)) {
    const shown = JSON.stringify(list).slice(0, 80);
    throw new UnresolvedReference(`"forEach" takes a list, and ${shown} is none.`);
  }
  if (list.length <= MAX_ITEMS) return list as readonly JsonValue[];
  throw new UnresolvedReference(
    `"forEach" has ${list.length} items and takes ${MAX_ITEMS} at most: run them as a batch.`,
  );
}

/** A large answer stays where it is: a reference to its place is filled in by the next call. */
function itemValue(result: ToolResult): JsonValue {
  if (result.artifact === null) return resultValue(result);
  return { $artifact: result.artifact.artifactId, path: '' };
}

function listResult(items: readonly JsonValue[]): ToolResult {
  return {
    isError: false,
    content: [{ kind: 'text', text: countText(items) }],
    structured: { items },
    artifact: null,
  };
}
