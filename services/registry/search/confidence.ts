import type { LexicalIndex } from './lexical-index.ts';
import type { ScoredTool } from './score-tools.ts';

/**
 * Logistic regression over seven labelled sets of equal weight: requests with their tools in the
 * catalogue against the same requests with those tools' servers taken out.
 */
const WEIGHTS = { bias: -2.718, cosine: 2.917, covered: 2.571 };
/** Below this nothing fits: on those sets it refuses 5 % of the requests that have a tool. */
export const FIT_THRESHOLD = 0.27;
/** Tools whose words count as the answer's. */
const TOP = 3;

/**
 * How sure it is that the catalogue has a tool for the request, 0 to 1: from how near the nearest
 * tool is in meaning, and how much of what is rare in the request the best tools speak of. Words
 * that no tool has are left out: names and values are in no description.
 */
export function confidence(
  scored: ReadonlyMap<string, ScoredTool>,
  words: readonly string[],
  lexical: LexicalIndex,
): number {
  const best = [...scored.values()].sort((a, b) => b.score - a.score);
  if (best.length === 0) return 0;
  const cosine = Math.max(...best.map((tool) => tool.cosine));
  const covered = lexical.coverage(
    words,
    best.slice(0, TOP).map(({ key }) => key),
  );
  const odds = WEIGHTS.bias + WEIGHTS.cosine * cosine + WEIGHTS.covered * covered;
  return 1 / (1 + Math.exp(-odds));
}
