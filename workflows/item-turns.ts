// Runs in the workflow sandbox: when an item of a list may begin.
import { isCancellation } from '@temporalio/workflow';
import type { JsonValue } from '../common/json.ts';
import { createResourceOrder } from '../common/optimise/resource-order.ts';
import { stepAccesses } from '../common/optimise/step-access.ts';
import type { ForEach, PlanStep, StepId } from '../common/plan.ts';
import { resolveArgs, UnresolvedReference } from '../common/resolve-args.ts';
import type { ToolResult } from '../common/tool.ts';
import { withItem } from './bind-step.ts';
import type { PlanRun } from './execute-plan.ts';
import type { ItemPlaces } from './places.ts';

/** The turn of the items from `from` up to `to`, which are called together. */
export interface ItemTurns {
  /**
   * Waits for the items before it that touch what it touches, while the run is paused, and for a place
   * in flight. Items begin in the order of the list.
   *
   * @param ownPlace the step's own place is free for it.
   * @returns `null` where it may begin at once; else whether it may, once that is known.
   */
  begin(from: number, to: number, ownPlace: boolean): Promise<boolean> | null;
  end(from: number, to: number, ownPlace: boolean): void;
}

export function createItemTurns(
  step: PlanStep & { readonly forEach: ForEach },
  items: readonly JsonValue[],
  results: ReadonlyMap<StepId, ToolResult>,
  run: PlanRun,
  places: ItemPlaces | null,
): ItemTurns {
  const meetings = createMeetings(step, items, results);
  const takesPlaces = step.forEach.takesPlaces === true && places !== null;
  const take = (ownPlace: boolean): Promise<void> | null =>
    takesPlaces && !ownPlace ? places.take(step) : null;
  const unlessStopped = async (
    wait: () => Promise<void>,
    from: number,
    to: number,
  ): Promise<boolean> => {
    try {
      await wait();
      return true;
    } catch (error) {
      if (!isCancellation(error)) throw error;
      // Nothing was called: who waits for it waits no longer.
      meetings.leave(from, to);
      return false;
    }
  };
  return {
    begin(from, to, ownPlace) {
      const met = meetings.enter(from, to);
      const isHeld = takesPlaces && run.state.isPaused;
      if (met.length === 0 && !isHeld) {
        const taking = take(ownPlace);
        return taking === null ? null : unlessStopped(() => taking, from, to);
      }
      return unlessStopped(
        async () => {
          await Promise.all(met);
          if (takesPlaces) await run.control.untilResumed();
          await take(ownPlace);
        },
        from,
        to,
      );
    },
    end(from, to, ownPlace) {
      meetings.leave(from, to);
      if (takesPlaces && !ownPlace) places.giveBack(step);
    },
  };
}

/** Which earlier items an item waits for: two writes to one thing are ordered, as those of two steps are. */
function createMeetings(
  step: PlanStep & { readonly forEach: ForEach },
  items: readonly JsonValue[],
  results: ReadonlyMap<StepId, ToolResult>,
) {
  const { touches = [] } = step.forEach;
  if (touches.length === 0) return { enter: () => [], leave: () => undefined };
  const facts = { inputSchema: null, outputSchema: null, resources: touches };
  const accesses = stepAccesses(
    items.map((item) => asLiteral(step, item, results)),
    () => facts,
  );
  const order = createResourceOrder();
  const open = new Map<StepId, { readonly ended: Promise<void>; readonly end: () => void }>();
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, at) => from + at);
  return {
    enter(from: number, to: number): Promise<void>[] {
      const met = range(from, to).flatMap((at) =>
        order.enter(nameOf(at), accesses[at] ?? { reads: [], writes: [] }),
      );
      const before = met.flatMap((meeting) => open.get(meeting.from)?.ended ?? []);
      for (const at of range(from, to)) {
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        open.set(nameOf(at), { ended, end });
      }
      return before;
    },
    leave(from: number, to: number): void {
      for (const at of range(from, to)) {
        open.get(nameOf(at))?.end();
        open.delete(nameOf(at));
      }
    },
  };
}

const nameOf = (at: number): StepId => `${at}` as StepId;

/** The call of one item; an argument that has no value makes it meet all others. */
function asLiteral(
  { fallback: _fallback, ...step }: PlanStep,
  item: JsonValue,
  results: ReadonlyMap<StepId, ToolResult>,
): PlanStep {
  const bound = withItem(step, item);
  try {
    const args = Object.entries(resolveArgs(bound.args, results)).map(
      ([name, value]) => [name, { kind: 'literal', value }] as const,
    );
    return { ...bound, args: Object.fromEntries(args) };
  } catch (error) {
    if (!(error instanceof UnresolvedReference)) throw error;
    return { ...bound, args: {} };
  }
}
