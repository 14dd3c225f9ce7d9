// Runs in the workflow sandbox: one step that calls its tool for each item of a list.
import { CancellationScope } from '@temporalio/workflow';
import type { JsonValue } from '../common/json.ts';
import type { ForEach, PlanStep, StepId } from '../common/plan.ts';
import { isArtifactValue, resolveArg, UnresolvedReference } from '../common/resolve-args.ts';
import type { ToolResult } from '../common/tool.ts';
import { makesCall } from './admit-step.ts';
import type { ChunkCaller } from './call-chunk.ts';
import type { PlanRun } from './execute-plan.ts';
import { createItemEnds } from './item-ends.ts';
import { createItemTurns } from './item-turns.ts';
import type { ItemPlaces } from './places.ts';
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
  const list = createItemEnds(step, items, run, scope);
  const turns = createItemTurns(step, items, results, run, places);
  let next = 0;
  /** The call of the first was taken from the budget with the step. */
  const paid = items.findIndex((_, at) => !list.has(at));

  const placeOf = (at: number): string => `${step.id}[${at}]`;
  /** @param free its call is paid for */
  const callRest = async (from: number, to: number, free: number | null): Promise<boolean> => {
    for (let at = from; at < to && list.goesOn(); at += 1) {
      if (list.has(at)) continue;
      if (at !== free && !list.admit(at, await run.budget.takeToolCall())) return false;
      if (!list.keep(at, await call(items[at] ?? null, placeOf(at)))) return false;
    }
    return list.goesOn();
  };
  const callChunk = async (from: number, to: number, all: ChunkCaller): Promise<boolean> => {
    const end = await all.call(items.slice(from, to), `${step.id}[${from}-${to - 1}]`);
    if (end !== null && 'end' in end) return list.keep(from, end.end);
    for (const [at, result] of (end?.answers ?? []).entries()) {
      if (result !== null) list.keep(from + at, { result, problem: null, stopped: false });
    }
    return callRest(from, to, null);
  };
  const work = async (ownPlace: boolean): Promise<void> => {
    while (next < items.length && list.goesOn()) {
      const at = next;
      const to = (next = Math.min(items.length, at + (many?.maxItems ?? 1)));
      const ended = items.slice(at, to).filter((_, each) => list.has(at + each)).length;
      if (ended === to - at) continue;
      const turn = turns.begin(at, to, ownPlace);
      if (turn !== null && !(await turn)) return;
      try {
        if (!list.goesOn()) return;
        // The call for all of them was made, and brought some.
        if (ended > 0) {
          if (!(await callRest(at, to, paid))) return;
          continue;
        }
        const isPaid = at === paid || !makesCall(step);
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
