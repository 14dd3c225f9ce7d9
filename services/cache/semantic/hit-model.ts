/** What an entry has shown of itself: how much easier or harder than others it is to hit rightly. */
export interface EntryBelief {
  readonly offset: number;
  readonly variance: number;
}

/** How alike a request and an entry are. */
export interface Likeness {
  /** Of their vectors. */
  readonly cosine: number;
  /** Share of their content words that both have, 0 to 1. */
  readonly overlap: number;
}

/** Learns from every answer that could be compared how likely a hit is right. */
export interface HitModel {
  /** Higher is surer: the log odds that a hit is right, less what is not known about them. */
  score(likeness: Likeness, entry: EntryBelief): number;
  /** @returns what is believed of the entry from now on. */
  learn(likeness: Likeness, entry: EntryBelief, right: boolean): EntryBelief;
}

/** What is farther away is never a hit, and says nothing about hits. */
export const LEAST_COSINE = 0.75;

export const NEW_ENTRY: EntryBelief = { offset: 0, variance: 1 };

/** Of the weights before anything was seen: loose enough for 100 answers to outweigh them. */
const PRIOR = { mean: [0, 1, 0, 0], variance: 4 };
/** How much of the uncertainty is held against a hit, standard deviations. */
const CAUTION = 1;

/**
 * Logistic regression on the likeness, with an offset of its own for every entry: so each entry has
 * its own threshold, which starts at that of all others and moves with what is seen of it. Fitted
 * answer by answer (a Laplace approximation that is carried on, as in an extended Kalman filter).
 *
 * The idea of a threshold that every entry learns online is vCache's (arXiv 2502.03771); there each
 * entry has a regression of its own and must see several answers before its first hit.
 */
export function createHitModel(): HitModel {
  const mean = [...PRIOR.mean];
  const spread = mean.map((_, i) => mean.map((__, j) => (i === j ? PRIOR.variance : 0)));

  const judge = (likeness: Likeness, entry: EntryBelief) => {
    const x = features(likeness);
    const spreadX = spread.map((row) => dot(row, x));
    const variance = dot(spreadX, x) + entry.variance;
    return { spreadX, variance, logOdds: dot(mean, x) + entry.offset };
  };

  return {
    score(likeness, entry) {
      const { logOdds, variance } = judge(likeness, entry);
      return logOdds - CAUTION * Math.sqrt(variance);
    },
    learn(likeness, entry, right) {
      const { spreadX, variance, logOdds } = judge(likeness, entry);
      const p = 1 / (1 + Math.exp(-logOdds));
      const weight = p * (1 - p);
      const scale = 1 + weight * variance;
      const step = ((right ? 1 : 0) - p) / scale;
      for (const [i, row] of spread.entries()) {
        mean[i] = (mean[i] ?? 0) + (spreadX[i] ?? 0) * step;
        for (const j of row.keys()) {
          row[j] = (row[j] ?? 0) - (weight * (spreadX[i] ?? 0) * (spreadX[j] ?? 0)) / scale;
        }
      }
      return {
        offset: entry.offset + entry.variance * step,
        variance: entry.variance - (weight * entry.variance ** 2) / scale,
      };
    },
  };
}

/** Centred where near requests lie, so that one unit is about one step in quality. */
function features({ cosine, overlap }: Likeness): number[] {
  const near = (cosine - 0.85) / 0.1;
  return [1, near, near * near, (overlap - 0.5) / 0.3];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
