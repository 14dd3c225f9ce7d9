// The Elastic Circuit De-Constructor, the pure half. One breaker guards one dependency of one tenant,
// for example `acme/mcp/github`. Its state is not stored. Three parts are, each with its own way to
// merge, and the state is computed from them: the same in every worker, in a replay and in a test.

/** Evidence. Counters of one second; buckets of several workers add up, in any order. */
export interface BreakerBucket {
  /** Seconds since the epoch. */
  readonly second: number;
  readonly ok: number;
  readonly failed: number;
  readonly slow: number;
  /** Counted, but no sign of ill health: it limits the rate, it does not trip. */
  readonly rateLimited: number;
  readonly latencySumMs: number;
  readonly tokens: number;
}

/** At most one bucket a second. Belongs to the verdict's epoch: a trip begins with none. */
export interface BreakerEvidence {
  readonly buckets: readonly BreakerBucket[];
}

/** Verdict. On a merge the higher epoch wins; within one epoch, the later deadline. */
export interface BreakerVerdict {
  /** Grows with every trip and every act of an operator; calls remember the one they began in. */
  readonly epoch: number;
  /** When it may be probed; `null`: not open. */
  readonly openUntilMs: number | null;
  /** Trips without a recovery and a clean window between them. */
  readonly trips: number;
  /** When traffic began to come back; `null` a window after that is over. */
  readonly rampStartMs: number | null;
  /** Why it opened, as the audit log will print it. */
  readonly reason: string;
  /** The operator who isolated the dependency by hand, or `null`. */
  readonly heldBy: string | null;
}

/** Lease. One probe at a time in the whole cluster; it expires if its owner dies. */
export interface BreakerLease {
  readonly owner: string | null;
  readonly sinceMs: number;
  readonly expiresAtMs: number;
  /** Probes passed since the trip. */
  readonly passed: number;
}

export interface BreakerParts {
  readonly evidence: BreakerEvidence;
  readonly verdict: BreakerVerdict;
  readonly lease: BreakerLease;
}

/** `admit` is the share of calls that still goes to the dependency, strictly between 0 and 1. */
export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'deconstructed'; readonly admit: number }
  | {
      readonly kind: 'open';
      /** When it may be probed if nothing happens before; `null`: an operator decides. */
      readonly retryAtMs: number | null;
      readonly mayProbe: boolean;
      /** A probe is under way: how it ends may be known at any moment. */
      readonly probing: boolean;
    }
  | { readonly kind: 'recovering'; readonly admit: number };

/** Anything not listed (bad input, denial, cancellation) is never recorded. */
export type BreakerOutcome = 'ok' | 'failed' | 'slow' | 'rate-limited';

export interface BreakerPolicy {
  /** Whole seconds. */
  readonly windowMs: number;
  /**
   * A dependency that is seldom called shows little in one window: the newest `calls` count besides,
   * as far back as `windowMs`, whole seconds and no less than the window.
   */
  readonly memory: { readonly windowMs: number; readonly calls: number };
  /** Calls in the window before it diverts any. */
  readonly minCalls: number;
  /** Opens when so large a share of the newest `tripCalls` calls failed or was slow, 0 to 1. */
  readonly threshold: number;
  readonly tripCalls: number;
  /** Opens when the newest so many calls all failed or were slow. */
  readonly tripRun: number;
  /** Below this share of successes, and beyond chance, closed becomes deconstructed; 0 to 1. */
  readonly successTarget: number;
  /**
   * What counts as chance: standard errors by which the failures must exceed the target. Less of it
   * while it recovers: then a few failures are no surprise.
   */
  readonly doubt: { readonly closed: number; readonly recovering: number };
  /** Share of calls diverted for each share of calls that fails too often. */
  readonly shedGain: number;
  /** The most it diverts without opening, below 1. */
  readonly maxShed: number;
  /** Probes that must pass before recovery starts: one more for each trip after the first, at most. */
  readonly probes: { readonly first: number; readonly max: number };
  /** A probe that says nothing for so long is given up. */
  readonly probeTtlMs: number;
  /** After a trip, doubled for every trip before it; after a failed probe, counted from its start, the most, or the first if one passed before it. */
  readonly openMs: { readonly first: number; readonly max: number };
  readonly rampMs: number;
  /** Calls that take longer count as slow; `null`: none does. */
  readonly slowMs: number | null;
}

export const NEW_BREAKER: BreakerParts = {
  evidence: { buckets: [] },
  verdict: {
    epoch: 0,
    openUntilMs: null,
    trips: 0,
    rampStartMs: null,
    reason: '',
    heldBy: null,
  },
  lease: { owner: null, sinceMs: 0, expiresAtMs: 0, passed: 0 },
};

/** Share admitted when recovery starts. */
const RAMP_FLOOR = 0.1;

/** Time is an argument, so this gives the same answer wherever it is asked. */
export type BreakerStateOf = (parts: BreakerParts, nowMs: number) => BreakerState;

/** `const stateOf = breakerState(policy)`, then `stateOf(parts, nowMs)`. */
export function breakerState(policy: BreakerPolicy): BreakerStateOf {
  return ({ evidence, verdict, lease }, nowMs) => {
    if (verdict.heldBy !== null) {
      return { kind: 'open', retryAtMs: null, mayProbe: false, probing: false };
    }
    if (verdict.openUntilMs !== null) {
      const leasedUntilMs = lease.owner === null ? 0 : lease.expiresAtMs;
      const retryAtMs = Math.max(verdict.openUntilMs, leasedUntilMs);
      const probing = nowMs >= verdict.openUntilMs && nowMs < leasedUntilMs;
      return { kind: 'open', retryAtMs, mayProbe: nowMs >= retryAtMs, probing };
    }
    const ramping =
      verdict.rampStartMs !== null && nowMs < verdict.rampStartMs + policy.rampMs
        ? verdict.rampStartMs
        : null;
    const doubt = ramping === null ? policy.doubt.closed : policy.doubt.recovering;
    const admit = admittedShare(policy, evidence, doubt, nowMs);
    if (ramping !== null) {
      // Squared: a dependency that comes and goes most often goes again soon.
      const ramp = Math.max(RAMP_FLOOR, ((nowMs - ramping) / policy.rampMs) ** 2);
      return { kind: 'recovering', admit: Math.min(admit, ramp) };
    }
    return admit < 1 ? { kind: 'deconstructed', admit } : { kind: 'closed' };
  };
}

/**
 * 1 while the failures can be chance; beyond that, less by `shedGain` for every share of calls that
 * fails too often. Falls with every failure, rises with every success. The newest third of the window
 * counts by itself too: trouble that has just begun must not drown in the good that went before. So
 * do the newest calls, however old: of few calls, only many seconds make enough to judge by.
 */
export function admittedShare(
  policy: BreakerPolicy,
  evidence: BreakerEvidence,
  doubt: number,
  nowMs: number,
): number {
  // As nearly always, and asked at every call: nothing is shed that has not failed.
  if (evidence.buckets.every(({ failed }) => failed === 0)) return 1;
  const target = policy.successTarget;
  const seen = [
    totals(inWindow(evidence, policy.windowMs, nowMs).buckets),
    totals(inWindow(evidence, policy.windowMs / 3, nowMs).buckets),
    newestCalls(inWindow(evidence, policy.memory.windowMs, nowMs), policy.memory.calls),
  ];
  const sheds = seen.map(({ ok, failed, slow }) => {
    const calls = ok + failed + slow;
    if (calls < policy.minCalls) return 0;
    // Few failures are skewed to many: Cornish and Fisher's first term beside the normal quantile.
    const skew = (Math.max(0, doubt ** 2 - 1) * (2 * target - 1)) / 6;
    const chance = doubt * Math.sqrt(calls * target * (1 - target)) + skew;
    const excess = failed - (1 - target) * calls - chance;
    return (policy.shedGain * excess) / (target * (calls + 1));
  });
  return 1 - Math.min(policy.maxShed, Math.max(0, ...sheds));
}

/**
 * What the newest calls of the window say, or `null`: stay as it is. The words are those of the verdict. Within one
 * second the order of calls is not known, so a second that is needed in part counts in proportion.
 * Fewer calls convince after a trip that is not yet forgotten.
 */
export function tripReason(
  policy: BreakerPolicy,
  evidence: BreakerEvidence,
  trips: number,
): string | null {
  const enough = trips > 0 ? Math.ceil((policy.tripCalls * 5) / 8) : policy.tripCalls;
  let calls = 0;
  let bad = 0;
  let runSeen = false;
  const newestFirst = [...evidence.buckets].sort((a, b) => b.second - a.second);
  for (const { ok, failed, slow } of newestFirst) {
    const here = ok + failed + slow;
    if (here === 0) continue;
    const taken = Math.min(here, enough - calls);
    if (!runSeen && calls + here >= policy.tripRun) {
      runSeen = true;
      const run = calls + here;
      if (bad + failed + slow === run) return `the last ${run} calls failed`;
    }
    calls += taken;
    bad += ((failed + slow) * taken) / here;
    if (calls >= enough) {
      if (bad < policy.threshold * calls) return null;
      return `${Math.floor((100 * bad) / calls)} % of the last ${calls} calls failed`;
    }
  }
  return null;
}

/** Probes that must pass now. */
export function probesNeeded(policy: BreakerPolicy, trips: number): number {
  return Math.min(policy.probes.max, policy.probes.first + Math.max(0, trips - 1));
}

export function inWindow(
  evidence: BreakerEvidence,
  windowMs: number,
  nowMs: number,
): BreakerEvidence {
  const newest = Math.floor(nowMs / 1000);
  const oldest = newest - Math.floor(windowMs / 1000);
  const buckets = evidence.buckets.filter(({ second }) => second > oldest && second <= newest);
  return { buckets };
}

/** Sums by second, so the order of workers and batches means nothing. */
export function mergeEvidence(a: BreakerEvidence, b: BreakerEvidence): BreakerEvidence {
  const merged = new Map<number, BreakerBucket>();
  for (const bucket of [...a.buckets, ...b.buckets]) {
    const same = merged.get(bucket.second);
    merged.set(bucket.second, same === undefined ? bucket : addBuckets(same, bucket));
  }
  return { buckets: [...merged.values()].sort((x, y) => x.second - y.second) };
}

/** The higher epoch, then the later deadline, then the later recovery: any order gives the same. */
export function mergeVerdicts(a: BreakerVerdict, b: BreakerVerdict): BreakerVerdict {
  const rank = ({ epoch, openUntilMs, rampStartMs, trips, heldBy, reason }: BreakerVerdict) =>
    [epoch, openUntilMs ?? -1, rampStartMs ?? -1, trips, heldBy ?? '', reason] as const;
  const left = rank(a);
  const right = rank(b);
  for (const [index, value] of left.entries()) {
    const other = right[index];
    if (other !== undefined && value !== other) return value > other ? a : b;
  }
  return a;
}

function addBuckets(a: BreakerBucket, b: BreakerBucket): BreakerBucket {
  return {
    second: a.second,
    ok: a.ok + b.ok,
    failed: a.failed + b.failed,
    slow: a.slow + b.slow,
    rateLimited: a.rateLimited + b.rateLimited,
    latencySumMs: a.latencySumMs + b.latencySumMs,
    tokens: a.tokens + b.tokens,
  };
}

/** Within one second the order of calls is not known: one that is needed in part counts in proportion. */
function newestCalls(
  evidence: BreakerEvidence,
  enough: number,
): { ok: number; failed: number; slow: number } {
  const sum = { ok: 0, failed: 0, slow: 0 };
  let calls = 0;
  for (const { ok, failed, slow } of [...evidence.buckets].sort((a, b) => b.second - a.second)) {
    const here = ok + failed + slow;
    const taken = Math.min(here, enough - calls);
    if (taken === 0) continue;
    calls += taken;
    sum.ok += (ok * taken) / here;
    sum.failed += (failed * taken) / here;
    sum.slow += (slow * taken) / here;
  }
  return sum;
}

function totals(buckets: readonly BreakerBucket[]): { ok: number; failed: number; slow: number } {
  const sum = { ok: 0, failed: 0, slow: 0 };
  for (const { ok, failed, slow } of buckets) {
    sum.ok += ok;
    sum.failed += failed;
    sum.slow += slow;
  }
  return sum;
}
