import { byScore } from '../index/nearest.ts';
import type { VectorMatch } from '../index/vector-index.ts';

/** The `k` highest scores, best first. */
export function best(
  scores: ReadonlyMap<string, number>,
  k: number,
  accept: (key: string) => boolean,
): VectorMatch[] {
  const matches: VectorMatch[] = [];
  for (const [key, score] of scores) if (accept(key)) matches.push({ key, score });
  return matches.sort(byScore).slice(0, k);
}
