// Runs in the workflow sandbox: one call for several items of a list.
import { batchAnswers } from '../common/batch-answers.ts';
import { bindArg } from '../common/bind-item.ts';
import type { JsonValue } from '../common/json.ts';
import type { PlanStep, StepArg } from '../common/plan.ts';
import { UnresolvedReference } from '../common/resolve-args.ts';
import type { ToolResult } from '../common/tool.ts';
import { whyAsk } from './approve-step.ts';
import type { PlanRun } from './execute-plan.ts';
import type { StepEnd } from './run-step.ts';

/** `null`: this chunk brought nothing, and each of its items is called for itself. */
export type ChunkEnd =
  { readonly answers: readonly (ToolResult | null)[] } | { readonly end: StepEnd } | null;

export interface ChunkCaller {
  readonly maxItems: number;
  /** @param place of the chunk: tells its idempotency key from those of the others */
  call(items: readonly JsonValue[], place: string): Promise<ChunkEnd>;
}

/**
 * How a step's items are called together; `null`: they are not, or a person decides about the calls.
 *
 * @param callOnce never throws.
 */
export function chunkCaller(
  step: PlanStep,
  run: PlanRun,
  callOnce: (step: PlanStep, place: string) => Promise<StepEnd>,
): ChunkCaller | null {
  const { batch } = step;
  if (batch === undefined) return null;
  if (whyAsk(step, run) !== null || whyAsk({ ...step, tool: batch.tool }, run) !== null)
    return null;
  const { argument, items: name, result, maxItems, ...tool } = batch;
  const { [argument]: ofItem, ...others } = step.args;
  if (ofItem === undefined) return null;
  return {
    maxItems,
    async call(items, place) {
      const list = bound(ofItem, items);
      if (list === null) return null;
      const args = { ...others, [name]: { kind: 'list', items: list } } as const;
      const end = await callOnce({ ...step, ...tool, args }, place);
      if (end.held === true || end.stopped) return { end };
      const good = end.problem === null ? end.result : null;
      const answers = good === null ? null : batchAnswers(good, result, items.length);
      if (answers !== null) return { answers };
      if (step.effect === 'read') return null;
      const why = end.problem ?? 'its answer is no list of one result an item.';
      return { end: { result: null, problem: `${batch.tool}: ${why}`, stopped: false } };
    },
  };
}

/** `null` where an item lacks the value: its own call says so. */
function bound(arg: StepArg, items: readonly JsonValue[]): readonly StepArg[] | null {
  try {
    return items.map((item) => bindArg(arg, item));
  } catch (error) {
    if (error instanceof UnresolvedReference) return null;
    throw error;
  }
}
