import type { VectorMatch } from './vector-index.ts';

/** Dot product, in four sums so that the processor need not wait for one. */
export function dot(a: Float32Array, b: Float32Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const length = a.length;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (; i < length; i += 1) s0 += (a[i] as number) * (b[i] as number);
  return s0 + s1 + s2 + s3;
}

/** Best first; of equal scores the lower key first. */
export function byScore(a: VectorMatch, b: VectorMatch): number {
  return b.score - a.score || (a.key < b.key ? -1 : 1);
}

/** The `k` nearest of all vectors, by looking at each. */
export function nearest(
  vectors: ReadonlyMap<string, Float32Array>,
  vector: Float32Array,
  k: number,
  accept?: (key: string) => boolean,
): VectorMatch[] {
  let best: VectorMatch[] = [];
  let worst = -Infinity;
  for (const [key, candidate] of vectors) {
    const score = dot(candidate, vector);
    if (score < worst || (accept !== undefined && !accept(key))) continue;
    best.push({ key, score });
    // Kept in bulk: sorting at every hit would cost more than the dot products.
    if (best.length >= 4 * k + 64) {
      best = best.sort(byScore).slice(0, k);
      worst = best.at(-1)?.score ?? -Infinity;
    }
  }
  return best.sort(byScore).slice(0, k);
}
