import { dot } from '../index/nearest.ts';
import type { VectorIndex, VectorMatch } from '../index/vector-index.ts';
import type { ArmHit } from '../tool-index.ts';
import type { LexicalIndex } from './lexical-index.ts';
import { best } from './best.ts';
import { searchWords } from './search-words.ts';

/**
 * How much a point of BM25 counts beside the cosine. One number serves all requests: BM25 is high
 * only where a tool has the request's rare words, so that the words decide when they fit and the
 * meaning when they do not. From 0.01 to 0.03 no labelled set falls below its better arm.
 */
const LEXICAL_WEIGHT = 0.015;
/** Hits of each arm that are scored. */
const DEPTH = 100;

/** A text to find tools for, with its vector. */
export interface Probe {
  readonly text: string;
  readonly vector: Float32Array;
}

export interface ScoredTool {
  readonly key: string;
  /** Cosine + 0.015 BM25. */
  readonly score: number;
  readonly cosine: number;
  readonly dense: ArmHit | null;
  readonly lexical: ArmHit | null;
}

/** Every tool that either arm ranks among its first hundred, scored by both. */
export function scoreTools(
  dense: VectorIndex,
  lexical: LexicalIndex,
  { text, vector }: Probe,
  accept: (key: string) => boolean,
): ReadonlyMap<string, ScoredTool> {
  const near = dense.search(vector, DEPTH, accept);
  const wordScores = lexical.scores(searchWords(text));
  const worded = best(wordScores, DEPTH, accept);
  const nearHits = hits(near);
  const wordHits = hits(worded);
  const scored = new Map<string, ScoredTool>();
  for (const key of new Set([...nearHits.keys(), ...wordHits.keys()])) {
    const own = dense.get(key);
    // A tool that was added a moment ago may be in one arm only.
    const cosine = nearHits.get(key)?.score ?? (own === null ? 0 : dot(own, vector));
    scored.set(key, {
      key,
      cosine,
      score: cosine + LEXICAL_WEIGHT * (wordScores.get(key) ?? 0),
      dense: nearHits.get(key) ?? null,
      lexical: wordHits.get(key) ?? null,
    });
  }
  return scored;
}

function hits(matches: readonly VectorMatch[]): Map<string, ArmHit> {
  return new Map(matches.map(({ key, score }, index) => [key, { rank: index + 1, score }]));
}
