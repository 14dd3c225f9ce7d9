/** Share of the wanted keys among the shown. */
export function recall(shown: readonly string[], gold: ReadonlySet<string>): number {
  return hits(shown, gold) / gold.size;
}

/** Whether all wanted keys are among the shown: 1 or 0. */
export function complete(shown: readonly string[], gold: ReadonlySet<string>): number {
  return hits(shown, gold) === gold.size ? 1 : 0;
}

/** Whether the first one is wanted: 1 or 0. */
export function firstHit(shown: readonly string[], gold: ReadonlySet<string>): number {
  return shown[0] !== undefined && gold.has(shown[0]) ? 1 : 0;
}

/** Gain of the wanted keys, discounted by their ranks, over the best that `k` places allow. */
export function ndcg(shown: readonly string[], gold: ReadonlySet<string>, k: number): number {
  const gain = (rank: number): number => 1 / Math.log2(rank + 2);
  const got = shown
    .slice(0, k)
    .reduce((sum, key, rank) => sum + (gold.has(key) ? gain(rank) : 0), 0);
  let best = 0;
  for (let rank = 0; rank < Math.min(k, gold.size); rank += 1) best += gain(rank);
  return got / best;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function hits(shown: readonly string[], gold: ReadonlySet<string>): number {
  return new Set(shown.filter((key) => gold.has(key))).size;
}
