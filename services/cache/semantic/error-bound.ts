/** Finds the lowest score at which hits stay within the error that is allowed. */
export interface ErrorBound {
  /** Scores from here on are hits; `Infinity` until enough was seen. */
  threshold(): number;
  /**
   * @param score `-Infinity` where nothing could have been hit
   * @param wrong whether a hit would have been wrong
   * @param weight how many requests this one stands for: `1 / p` where such a one is looked at with probability `p`
   */
  note(score: number, wrong: boolean, weight: number): void;
}

interface Seen {
  readonly score: number;
  readonly wrong: boolean;
  readonly weight: number;
}

/** The newest requests count; older ones may have been of another kind. */
const MAX_SEEN = 5_000;
const RENEW_EVERY = 25;

/**
 * @param maxWrong highest share of all requests that may be answered wrongly, 0 to 1. It holds in
 *   expectation, for a finite number of requests of one kind: the largest set of hits is taken whose
 *   wrong ones, plus one request not yet seen, stay within it (conformal risk control, arXiv
 *   2208.02814).
 */
export function createErrorBound(maxWrong: number): ErrorBound {
  const seen: Seen[] = [];
  let noted = 0;
  let lowest = Infinity;

  function renew(): void {
    const total = seen.reduce((sum, { weight }) => sum + weight, 0);
    const unseen = seen.reduce((most, { weight }) => Math.max(most, weight), 1);
    const allowed = maxWrong * (total + unseen) - unseen;
    lowest = Infinity;
    let wrong = 0;
    for (const each of seen.toSorted((a, b) => b.score - a.score)) {
      if (each.wrong) wrong += each.weight;
      if (wrong > allowed || each.score === -Infinity) break;
      lowest = each.score;
    }
  }

  return {
    threshold: () => lowest,
    note(score, wrong, weight) {
      seen.push({ score, wrong, weight });
      if (seen.length > MAX_SEEN) seen.shift();
      noted += 1;
      if (noted % RENEW_EVERY === 0) renew();
    },
  };
}
