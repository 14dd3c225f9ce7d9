import type { ScoredTool } from './score-tools.ts';

/** Share of the steps in a tool's score; the rest is the request as a whole. */
const STEP_SHARE = 0.8;
/** Score difference after which a tool is a third as likely to be the right one. */
const SOFTNESS = 0.1;
/** Power to which a step's best score is its weight: sentences that find nothing hardly count. */
const FOCUS = 3;
/** Share of a step that a certain tool settles; the rest keeps near-equal tools in the answer. */
const SETTLED = 0.7;

export interface ChosenTool {
  readonly key: string;
  /** Falls from hit to hit. */
  readonly score: number;
  /** The step it serves best, or -1 where it is the whole request. */
  readonly step: number;
}

type Likelihoods = ReadonlyMap<string, number>;

/**
 * The `k` tools that together serve the request and each of its steps best (explicit query aspect
 * diversification, xQuAD): one after the other, and a step that a chosen tool serves counts less
 * for the next.
 */
export function chooseTools(
  whole: ReadonlyMap<string, ScoredTool>,
  steps: readonly ReadonlyMap<string, ScoredTool>[],
  k: number,
): ChosenTool[] {
  if (steps.length === 0) {
    return [...whole.values()]
      .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1))
      .slice(0, k)
      .map(({ key, score }) => ({ key, score, step: -1 }));
  }
  const ofWhole = likelihoods(whole);
  const ofSteps = steps.map(likelihoods);
  const weights = stepWeights(steps);
  const open = new Set([...ofWhole.keys(), ...ofSteps.flatMap((step) => [...step.keys()])]);
  const chosen: ChosenTool[] = [];
  while (chosen.length < k && open.size > 0) {
    const next = bestOf(open, ofWhole, ofSteps, weights);
    chosen.push(next);
    open.delete(next.key);
    ofSteps.forEach((step, index) => {
      weights[index] = (weights[index] ?? 0) * (1 - SETTLED * (step.get(next.key) ?? 0));
    });
  }
  return chosen;
}

function bestOf(
  keys: Iterable<string>,
  whole: Likelihoods,
  steps: readonly Likelihoods[],
  weights: readonly number[],
): ChosenTool {
  let best: ChosenTool = { key: '', score: -Infinity, step: -1 };
  for (const key of keys) {
    let score = (1 - STEP_SHARE) * (whole.get(key) ?? 0);
    let step = -1;
    let most = 0;
    steps.forEach((likelihood, index) => {
      const part = STEP_SHARE * (weights[index] ?? 0) * (likelihood.get(key) ?? 0);
      score += part;
      if (part > most) [most, step] = [part, index];
    });
    if (score > best.score || (score === best.score && key < best.key)) best = { key, score, step };
  }
  return best;
}

/** 1 for the best tool, less for those whose score is below. */
function likelihoods(scored: ReadonlyMap<string, ScoredTool>): Likelihoods {
  const top = topScore(scored);
  return new Map([...scored].map(([key, { score }]) => [key, Math.exp((score - top) / SOFTNESS)]));
}

/** Together 1. */
function stepWeights(steps: readonly ReadonlyMap<string, ScoredTool>[]): number[] {
  const raw = steps.map((step) => Math.max(0.01, topScore(step)) ** FOCUS);
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((weight) => weight / sum);
}

function topScore(scored: ReadonlyMap<string, ScoredTool>): number {
  let top = 0;
  for (const { score } of scored.values()) top = Math.max(top, score);
  return top;
}
