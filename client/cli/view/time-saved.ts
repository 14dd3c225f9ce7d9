import type { StepReport } from '../../../common/agent.ts';

export interface TimeSaved {
  /** Time in which at least one step ran, ms. */
  readonly wallMs: number;
  /** What the steps would have taken one after another, ms. */
  readonly sequentialMs: number;
  /** Most steps at once. */
  readonly mostAtOnce: number;
  /** Steps that ran at the same time, largest sets first; none of a single step. */
  readonly together: readonly (readonly string[])[];
}

interface Span {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** What running steps in parallel was worth. Steps that never started do not count. */
export function timeSaved(steps: readonly StepReport[]): TimeSaved {
  const spans: Span[] = steps.flatMap(({ id, startedAtMs, endedAtMs }) =>
    startedAtMs === null || endedAtMs === null ? [] : [{ id, from: startedAtMs, to: endedAtMs }],
  );
  spans.sort((a, b) => a.from - b.from);
  const together = largestSets(spans);
  return {
    wallMs: coveredMs(spans),
    sequentialMs: spans.reduce((sum, { from, to }) => sum + (to - from), 0),
    mostAtOnce: together[0]?.length ?? Math.min(1, spans.length),
    together,
  };
}

/** Length of the union; the spans are sorted by start. */
function coveredMs(spans: readonly Span[]): number {
  let covered = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return covered;
}

/** The sets that ran at once and are in no larger one: a set is complete when its last one starts. */
function largestSets(spans: readonly Span[]): readonly (readonly string[])[] {
  const sets: string[][] = [];
  for (const { from } of spans) {
    const running = spans.filter((span) => span.from <= from && from < span.to).map(({ id }) => id);
    if (running.length < 2) continue;
    const isKnown = sets.some((set) => running.every((id) => set.includes(id)));
    if (isKnown) continue;
    const kept = sets.filter((set) => !set.every((id) => running.includes(id)));
    sets.splice(0, sets.length, ...kept, running);
  }
  return sets.sort((a, b) => b.length - a.length);
}
