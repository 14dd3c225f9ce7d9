import type { BreakerPhase } from './breaker-phase.ts';
import { NEW_BREAKER, inWindow, mergeEvidence, probesNeeded, tripReason } from './breaker.ts';
import type {
  BreakerBucket,
  BreakerLease,
  BreakerParts,
  BreakerPolicy,
  BreakerVerdict,
} from './breaker.ts';

/**
 * All that ever changes a breaker's parts.
 *
 * MAINTENANCE: services/breaker/breaker-script.ts does the same inside Redis; a test drives both with
 * the same random sequences.
 */
export type BreakerEvent =
  /** Results of calls that were admitted in `epoch`. A batch that comes twice counts once. */
  | {
      readonly kind: 'record';
      readonly source: string;
      /** Grows with every batch of this source. */
      readonly batch: number;
      readonly epoch: number;
      readonly buckets: readonly BreakerBucket[];
      /** 0 to 1: spreads the deadlines of breakers that trip together. */
      readonly jitter: number;
    }
  /** Asks for the one probe. */
  | { readonly kind: 'lease'; readonly owner: string }
  /** The probe is still under way. */
  | { readonly kind: 'renew'; readonly owner: string }
  | {
      readonly kind: 'probed';
      readonly owner: string;
      /** `void`: it ended without saying anything about the dependency. */
      readonly result: 'passed' | 'failed' | 'void';
      readonly jitter: number;
    }
  /** The dependency was started again and shook hands: it may be probed at once. */
  | { readonly kind: 'revived' }
  /** So many calls went another way, or would have. */
  | { readonly kind: 'diverted'; readonly calls: number }
  | { readonly kind: 'hold'; readonly by: string; readonly reason: string }
  | { readonly kind: 'release' }
  /** Asks to be the one who writes the change of phase down; done for one worker only. */
  | { readonly kind: 'noted'; readonly from: BreakerPhase; readonly to: BreakerPhase };

/** Parts, the newest batch of each source that was counted, and what was diverted. */
export interface BreakerRecord extends BreakerParts {
  readonly counted: Readonly<Record<string, number>>;
  /** Calls that went another way, or would have in a dry run. Says nothing about the state. */
  readonly diverted: number;
  /** The phase that was written down last. Says nothing about the state. */
  readonly noted: BreakerPhase;
}

export const NEW_RECORD: BreakerRecord = {
  ...NEW_BREAKER,
  counted: {},
  diverted: 0,
  noted: 'closed',
};

export interface BreakerStep {
  readonly record: BreakerRecord;
  /** Whether the event did what it asked for: got the lease, was counted, was still the owner. */
  readonly done: boolean;
}

const NO_LEASE: BreakerLease = { owner: null, sinceMs: 0, expiresAtMs: 0, passed: 0 };
/** Beyond this, doubling changes nothing and would overflow. */
const MAX_DOUBLINGS = 20;

export function applyBreakerEvent(
  policy: BreakerPolicy,
  record: BreakerRecord,
  event: BreakerEvent,
  nowMs: number,
): BreakerStep {
  switch (event.kind) {
    case 'record':
      return count(policy, record, event, nowMs);
    case 'lease':
      return lease(policy, record, event.owner, nowMs);
    case 'renew': {
      if (record.lease.owner !== event.owner) return { record, done: false };
      const expiresAtMs = nowMs + policy.probeTtlMs;
      return { record: { ...record, lease: { ...record.lease, expiresAtMs } }, done: true };
    }
    case 'probed':
      return probed(policy, record, event, nowMs);
    case 'revived':
      return revived(record, nowMs);
    case 'diverted':
      return { record: { ...record, diverted: record.diverted + event.calls }, done: true };
    case 'hold':
      return {
        record: {
          ...record,
          evidence: { buckets: [] },
          verdict: {
            epoch: record.verdict.epoch + 1,
            openUntilMs: null,
            trips: record.verdict.trips,
            rampStartMs: null,
            reason: event.reason,
            heldBy: event.by,
          },
          lease: NO_LEASE,
          noted: 'isolated',
        },
        done: true,
      };
    case 'release': {
      if (record.verdict.heldBy === null) return { record, done: false };
      const { verdict } = record;
      return {
        record: {
          ...record,
          verdict: { ...verdict, epoch: verdict.epoch + 1, rampStartMs: nowMs, heldBy: null },
          noted: 'recovering',
        },
        done: true,
      };
    }
    case 'noted':
      if (record.noted !== event.from) return { record, done: false };
      return { record: { ...record, noted: event.to }, done: true };
  }
}

function count(
  policy: BreakerPolicy,
  record: BreakerRecord,
  event: Extract<BreakerEvent, { kind: 'record' }>,
  nowMs: number,
): BreakerStep {
  if (event.batch <= (record.counted[event.source] ?? 0)) return { record, done: false };
  const counted = { ...record.counted, [event.source]: event.batch };
  const { verdict } = record;
  // Results of calls that began before a trip never change the verdict.
  if (event.epoch !== verdict.epoch || verdict.openUntilMs !== null || verdict.heldBy !== null) {
    return { record: { ...record, counted }, done: false };
  }
  const newest = Math.floor(nowMs / 1000);
  // A worker whose clock is ahead of ours must not write into the future.
  const buckets = event.buckets.map((bucket) => ({
    ...bucket,
    second: Math.min(bucket.second, newest),
  }));
  // One by one: a batch may hold one second twice once its clock is set right.
  const evidence = buckets.reduce(
    (sum, bucket) => mergeEvidence(sum, { buckets: [bucket] }),
    inWindow(record.evidence, policy.memory.windowMs, nowMs),
  );
  const whole = inWindow(evidence, policy.memory.windowMs, nowMs);
  const settled = afterRamp(policy, verdict, nowMs);
  const newer = inWindow(whole, policy.windowMs, nowMs);
  const reason = tripReason(policy, newer, settled.trips);
  if (reason === null) {
    return { record: { ...record, counted, evidence: whole, verdict: settled }, done: true };
  }
  return {
    record: {
      ...record,
      counted,
      evidence: { buckets: [] },
      verdict: {
        epoch: settled.epoch + 1,
        openUntilMs: nowMs + openMs(policy, settled.trips, event.jitter),
        trips: settled.trips + 1,
        rampStartMs: null,
        reason,
        heldBy: null,
      },
      lease: NO_LEASE,
    },
    done: true,
  };
}

/** A recovery, and a window after it, without a trip: what went before is forgotten. */
function afterRamp(policy: BreakerPolicy, verdict: BreakerVerdict, nowMs: number): BreakerVerdict {
  if (verdict.rampStartMs === null) return verdict;
  if (nowMs < verdict.rampStartMs + policy.rampMs + policy.windowMs) return verdict;
  return { ...verdict, rampStartMs: null, trips: 0 };
}

function openMs(policy: BreakerPolicy, trips: number, jitter: number): number {
  const { first, max } = policy.openMs;
  return spread(Math.min(max, first * 2 ** Math.min(trips, MAX_DOUBLINGS)), jitter);
}

function spread(ms: number, jitter: number): number {
  return Math.floor(ms * (0.8 + 0.4 * jitter));
}

function lease(
  policy: BreakerPolicy,
  record: BreakerRecord,
  owner: string,
  nowMs: number,
): BreakerStep {
  const { openUntilMs, heldBy } = record.verdict;
  const free = record.lease.owner === null || nowMs >= record.lease.expiresAtMs;
  if (heldBy !== null || openUntilMs === null || nowMs < openUntilMs || !free) {
    return { record, done: false };
  }
  const taken = {
    owner,
    sinceMs: nowMs,
    expiresAtMs: nowMs + policy.probeTtlMs,
    passed: record.lease.passed,
  };
  return { record: { ...record, lease: taken }, done: true };
}

/** No more than that: a hand shaken says that it lives, not that its calls succeed. */
function revived(record: BreakerRecord, nowMs: number): BreakerStep {
  const { openUntilMs, heldBy } = record.verdict;
  if (heldBy !== null || openUntilMs === null || openUntilMs <= nowMs) {
    return { record, done: false };
  }
  return {
    record: { ...record, verdict: { ...record.verdict, openUntilMs: nowMs } },
    done: true,
  };
}

function probed(
  policy: BreakerPolicy,
  record: BreakerRecord,
  event: Extract<BreakerEvent, { kind: 'probed' }>,
  nowMs: number,
): BreakerStep {
  if (record.lease.owner !== event.owner) return { record, done: false };
  const { verdict } = record;
  if (event.result === 'failed') {
    // From its start: a probe that took long to fail has waited already.
    // After one that passed, a failure may be chance: look again sooner.
    const waitMs = record.lease.passed > 0 ? policy.openMs.first : policy.openMs.max;
    const openUntilMs = record.lease.sinceMs + spread(waitMs, event.jitter);
    return {
      record: { ...record, verdict: { ...verdict, openUntilMs }, lease: NO_LEASE },
      done: true,
    };
  }
  const passed = record.lease.passed + (event.result === 'passed' ? 1 : 0);
  if (passed < probesNeeded(policy, verdict.trips)) {
    return { record: { ...record, lease: { ...NO_LEASE, passed } }, done: true };
  }
  const recovering = { ...verdict, openUntilMs: null, rampStartMs: nowMs };
  return { record: { ...record, verdict: recovering, lease: NO_LEASE }, done: true };
}
