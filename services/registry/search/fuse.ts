import type { VectorMatch } from '../index/vector-index.ts';

/** How fast a rank loses weight; the constant of reciprocal rank fusion. */
const RANK_CONSTANT = 60;

export interface FusedMatch {
  readonly key: string;
  readonly score: number;
}

/** Reciprocal rank fusion: the sum of 1 / (60 + rank) over the lists, best first. */
export function fuse(lists: readonly (readonly VectorMatch[])[]): FusedMatch[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    list.forEach(({ key }, index) => {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (RANK_CONSTANT + index + 1));
    });
  }
  return [...scores]
    .map(([key, score]) => ({ key, score }))
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}
