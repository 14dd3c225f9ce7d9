/**
 * How much of the traffic may be further attempts: an outage of every provider must not become
 * several times the load. A bucket of tokens; each further attempt takes some, each success gives a
 * little back. Sizes as in the AWS SDKs' standard mode.
 */
export interface RetryBudget {
  /** @returns false where the budget is used up: give up instead. */
  take(after: 'timeout' | 'failure'): boolean;
  succeeded(): void;
}

const CAPACITY = 500;
const COST = { failure: 5, timeout: 10 } as const;

export function createRetryBudget(): RetryBudget {
  let left = CAPACITY;
  return {
    take(after) {
      if (left < COST[after]) return false;
      left -= COST[after];
      return true;
    },
    succeeded: () => void (left = Math.min(CAPACITY, left + 1)),
  };
}
