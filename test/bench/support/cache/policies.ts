import { createErrorBound } from '../../../../services/cache/semantic/error-bound.ts';
import { findDifference } from '../../../../services/cache/semantic/find-difference.ts';
import {
  createHitModel,
  LEAST_COSINE,
  NEW_ENTRY,
} from '../../../../services/cache/semantic/hit-model.ts';
import type { EntryBelief } from '../../../../services/cache/semantic/hit-model.ts';
import { overlapOf } from '../../../../services/cache/semantic/overlap.ts';
import type { LabelledPair } from './read-pairs.ts';

export interface Judged extends LabelledPair {
  readonly cosine: number;
}

/** Says of each pair how sure a hit would be; learns from pairs whose label it is shown. */
export interface Policy {
  score(pair: Judged): number;
  learn(pair: Judged): void;
}

export interface Scored {
  readonly score: number;
  readonly same: boolean;
}

/** What each part brings: likeness alone, each difference that rules a hit out, then the learned model. */
export const POLICIES: Readonly<Record<string, () => Policy>> = {
  cosine: () => fixed(({ cosine }) => cosine),
  'cosine-numbers': () => guarded('numbers'),
  'cosine-negation': () => guarded('negation'),
  'cosine-names': () => guarded('names'),
  'cosine-order': () => guarded('order'),
  'cosine-guards': () =>
    fixed(({ a, b, cosine }) => (findDifference(a, b) === null ? cosine : -Infinity)),
  ostinato,
};

function fixed(score: (pair: Judged) => number): Policy {
  return { score, learn: () => undefined };
}

function guarded(difference: string): Policy {
  return fixed(({ a, b, cosine }) => (findDifference(a, b) === difference ? -Infinity : cosine));
}

function ostinato(): Policy {
  const model = createHitModel();
  const beliefs = new Map<string, EntryBelief>();
  const beliefOf = ({ a }: Judged) => beliefs.get(a) ?? NEW_ENTRY;
  const likeness = ({ a, b, cosine }: Judged) => ({ cosine, overlap: overlapOf(a, b) });
  const mayHit = ({ a, b, cosine }: Judged) =>
    cosine >= LEAST_COSINE && findDifference(a, b) === null;
  return {
    score: (pair) => (mayHit(pair) ? model.score(likeness(pair), beliefOf(pair)) : -Infinity),
    learn(pair) {
      if (!mayHit(pair)) return;
      beliefs.set(pair.a, model.learn(likeness(pair), beliefOf(pair), pair.same));
    },
  };
}

/** The most hits that any one threshold gives while wrong hits stay within the share of requests, %. */
export function hitsAt(scored: readonly Scored[], maxWrong: number): number {
  const sorted = scored.toSorted((x, y) => y.score - x.score);
  let wrong = 0;
  let hits = 0;
  for (const [index, { score, same }] of sorted.entries()) {
    if (score === -Infinity) break;
    if (!same) wrong += 1;
    const isLastOfItsScore = sorted[index + 1]?.score !== score;
    if (isLastOfItsScore && wrong <= maxWrong * scored.length) hits = index + 1;
  }
  return (100 * hits) / scored.length;
}

/** The threshold that the learning half gives, used on the other one: hits and wrong hits, %. */
export function served(
  learned: readonly Scored[],
  asked: readonly Scored[],
  maxWrong: number,
): { readonly hits: number; readonly wrong: number } {
  const bound = createErrorBound(maxWrong);
  for (const { score, same } of learned) bound.note(score, !same, 1);
  const hits = asked.filter(({ score }) => score >= bound.threshold());
  const wrong = hits.filter(({ same }) => !same).length;
  return { hits: (100 * hits.length) / asked.length, wrong: (100 * wrong) / asked.length };
}
