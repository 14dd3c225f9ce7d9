/** What the longest way through a plan needs to know of a step. */
export interface TimedStep {
  readonly id: string;
  readonly needs: readonly string[];
  /** What it takes or took, ms. */
  readonly ms: number;
}

/** The steps that decide when the plan ends, in their order. */
export interface CriticalPath {
  readonly steps: readonly string[];
  readonly ms: number;
}

/**
 * The longest way through a plan in time; of ways that take equally long the one with more steps.
 *
 * @param steps free of cycles, in any order; a need that is not among them is passed over.
 */
export function criticalPath(steps: readonly TimedStep[]): CriticalPath {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const longest = new Map<string, { ms: number; count: number; from: string | null }>();
  // Deepest first, without recursion: a plan may be one long chain.
  for (const { id } of steps) {
    const open = [id];
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const step = byId.get(at);
      const missing = step?.needs.filter((need) => byId.has(need) && !longest.has(need)) ?? [];
      if (step === undefined || longest.has(at) || missing.length === 0) {
        open.pop();
        if (step !== undefined && !longest.has(at)) longest.set(at, endOf(step, longest));
        continue;
      }
      open.push(...missing);
    }
  }
  let last: string | null = null;
  for (const [id, way] of longest) {
    const best = last === null ? undefined : longest.get(last);
    if (best === undefined || isLonger(way, best)) last = id;
  }
  const way: string[] = [];
  const ms = last === null ? 0 : (longest.get(last)?.ms ?? 0);
  for (let at = last; at !== null; at = longest.get(at)?.from ?? null) way.unshift(at);
  return { steps: way, ms };
}

interface Way {
  readonly ms: number;
  readonly count: number;
  readonly from: string | null;
}

function endOf({ needs, ms }: TimedStep, longest: ReadonlyMap<string, Way>): Way {
  let before: Way = { ms: 0, count: 0, from: null };
  for (const need of needs) {
    const way = longest.get(need);
    if (way !== undefined && isLonger(way, before)) before = { ...way, from: need };
  }
  return { ms: before.ms + ms, count: before.count + 1, from: before.from };
}

function isLonger(one: Way, other: Way): boolean {
  return one.ms > other.ms || (one.ms === other.ms && one.count > other.count);
}
