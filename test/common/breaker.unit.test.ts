// The breaker's law: as a table of situations, and as properties of any evidence and any history.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEW_RECORD, applyBreakerEvent } from '../../common/breaker-event.ts';
import type { BreakerEvent, BreakerRecord } from '../../common/breaker-event.ts';
import { BREAKER_POLICIES } from '../../common/breaker-policies.ts';
import {
  NEW_BREAKER,
  admittedShare,
  breakerState,
  mergeEvidence,
  mergeVerdicts,
  tripReason,
} from '../../common/breaker.ts';
import type { BreakerBucket, BreakerParts, BreakerPolicy } from '../../common/breaker.ts';
import {
  SMALL_POLICY,
  evidence,
  happening,
  toEvent,
  verdict,
} from '../support/breaker-arbitraries.ts';

const { provider } = BREAKER_POLICIES;
const stateOf = breakerState(provider);
const NOW_MS = 200_000;

function bucket(over: Partial<BreakerBucket> = {}): BreakerBucket {
  const zero = { ok: 0, failed: 0, slow: 0, rateLimited: 0, latencySumMs: 0, tokens: 0 };
  return { second: NOW_MS / 1000, ...zero, ...over };
}

function parts(over: { [Part in keyof BreakerParts]?: Partial<BreakerParts[Part]> }): BreakerParts {
  return {
    evidence: { ...NEW_BREAKER.evidence, ...over.evidence },
    verdict: { ...NEW_BREAKER.verdict, ...over.verdict },
    lease: { ...NEW_BREAKER.lease, ...over.lease },
  };
}

const OPEN = { kind: 'open', mayProbe: false, probing: false } as const;

describe('breakerState', () => {
  it('nothing known → closed', () => {
    expect(stateOf(NEW_BREAKER, NOW_MS)).toEqual({ kind: 'closed' });
  });

  it('8 % of many calls fail → closed: that is within the target', () => {
    const buckets = [bucket({ ok: 460, failed: 40 })];
    expect(stateOf(parts({ evidence: { buckets } }), NOW_MS)).toEqual({ kind: 'closed' });
  });

  it('3 of 12 calls failed → chance still; 30 % of 400 → most calls go elsewhere', () => {
    const few = [bucket({ ok: 9, failed: 3 })];
    expect(stateOf(parts({ evidence: { buckets: few } }), NOW_MS)).toEqual({ kind: 'closed' });
    const many = [bucket({ ok: 280, failed: 120 })];
    const state = stateOf(parts({ evidence: { buckets: many } }), NOW_MS);
    expect(state).toMatchObject({ kind: 'deconstructed' });
    expect(state.kind === 'deconstructed' && state.admit).toBeLessThan(0.1);
  });

  it('many failures older than the window, many good calls since → closed', () => {
    const buckets = [
      bucket({ second: NOW_MS / 1000 - 30, ok: 280, failed: 120 }),
      bucket({ ok: 40 }),
    ];
    expect(stateOf(parts({ evidence: { buckets } }), NOW_MS)).toEqual({ kind: 'closed' });
  });

  it('seldom called: 5 in half a minute say nothing, 15 of 40 in a minute and a half do', () => {
    const every = (seconds: number, over: Partial<BreakerBucket>, count: number) =>
      Array.from({ length: count }, (_, at) =>
        bucket({ second: NOW_MS / 1000 - at * seconds, ...over }),
      );
    const few = every(6, { failed: 1 }, 5);
    expect(stateOf(parts({ evidence: { buckets: few } }), NOW_MS)).toEqual({ kind: 'closed' });
    const many = every(6, { ok: 2, failed: 1 }, 13);
    const state = stateOf(parts({ evidence: { buckets: many } }), NOW_MS);
    expect(state.kind).toBe('deconstructed');
    const old = many.map((each) => ({ ...each, second: each.second - 90 }));
    expect(stateOf(parts({ evidence: { buckets: old } }), NOW_MS)).toEqual({ kind: 'closed' });
  });

  it('trouble in the newest third, good before → seen, though the whole window looks well', () => {
    const good = bucket({ second: NOW_MS / 1000 - 20, ok: 1_000 });
    const trouble = bucket({ ok: 80, failed: 40 });
    const state = stateOf(parts({ evidence: { buckets: [good, trouble] } }), NOW_MS);
    expect(state.kind).toBe('deconstructed');
  });

  it('3 of 10 failed → closed; the same while it recovers → less than the ramp allows', () => {
    const buckets = [bucket({ ok: 7, failed: 3 })];
    expect(stateOf(parts({ evidence: { buckets } }), NOW_MS)).toEqual({ kind: 'closed' });
    const verdict = { rampStartMs: NOW_MS - 0.8 * provider.rampMs };
    const state = stateOf(parts({ evidence: { buckets }, verdict }), NOW_MS);
    expect(state.kind === 'recovering' && state.admit).toBeLessThan(0.8);
  });

  it('a storm of 429 → closed: that is no sign of ill health', () => {
    const buckets = [bucket({ ok: 20, rateLimited: 5_000 })];
    expect(stateOf(parts({ evidence: { buckets } }), NOW_MS)).toEqual({ kind: 'closed' });
    expect(tripReason(provider, { buckets }, 0)).toBeNull();
  });

  it('open, deadline ahead → no probe; deadline reached → probe; leased → not until it expires', () => {
    const open = (openUntilMs: number, lease = {}) =>
      stateOf(parts({ verdict: { openUntilMs }, lease }), NOW_MS);
    const [soon, late] = [NOW_MS - 1, NOW_MS + 1_000];
    expect(open(late)).toEqual({ ...OPEN, retryAtMs: late });
    expect(open(NOW_MS)).toEqual({ ...OPEN, retryAtMs: NOW_MS, mayProbe: true });
    const leased = { owner: 'w1', expiresAtMs: late };
    expect(open(soon, leased)).toEqual({ ...OPEN, retryAtMs: late, probing: true });
    const expired = { owner: 'w1', expiresAtMs: NOW_MS };
    expect(open(soon, expired)).toMatchObject({ mayProbe: true, probing: false });
  });

  it('recovering → 10 % at once, more with time, all after the ramp', () => {
    const at = (sinceMs: number) =>
      stateOf(parts({ verdict: { rampStartMs: NOW_MS - sinceMs } }), NOW_MS);
    expect(at(0)).toEqual({ kind: 'recovering', admit: 0.1 });
    expect(at(provider.rampMs / 2)).toEqual({ kind: 'recovering', admit: 0.25 });
    expect(at(provider.rampMs)).toEqual({ kind: 'closed' });
  });

  it('held by an operator → open without end and without probes', () => {
    const held = parts({ verdict: { heldBy: 'ann', openUntilMs: 1 } });
    expect(stateOf(held, NOW_MS)).toEqual({ ...OPEN, retryAtMs: null });
  });
});

describe('tripReason', () => {
  it.each([
    ['two calls, both failed', [bucket({ second: 190, failed: 1 }), bucket({ failed: 1 })], null],
    [
      'five calls in twenty seconds, all failed',
      [180, 185, 190, 195, 200].map((second) => bucket({ second, failed: 1 })),
      'the last 5 calls failed',
    ],
    ['four in a row are chance', [bucket({ failed: 4 })], null],
    ['slow counts as bad', [bucket({ slow: 2, failed: 3 })], 'the last 5 calls failed'],
    ['one good among them', [bucket({ failed: 5, ok: 1 })], null],
    ['6 of 8', [bucket({ ok: 2, failed: 6 })], '75 % of the last 8 calls failed'],
    ['5 of 8', [bucket({ ok: 3, failed: 5 })], null],
    [
      'good calls before in the second that is needed in part',
      [bucket({ second: 199, ok: 500 }), bucket({ failed: 6, ok: 1 })],
      '75 % of the last 8 calls failed',
    ],
    ['bad before, good now', [bucket({ second: 190, failed: 500 }), bucket({ ok: 8 })], null],
  ])('%s → %s %s', (_what, buckets, reason) => {
    expect(tripReason(provider, { buckets }, 0)).toBe(reason);
  });

  it('4 of 5 after a trip → enough; before any → not', () => {
    const buckets = [bucket({ second: 199, ok: 30 }), bucket({ ok: 1, failed: 4 })];
    expect(tripReason(provider, { buckets }, 0)).toBeNull();
    expect(tripReason(provider, { buckets }, 1)).toBe('80 % of the last 5 calls failed');
  });
});

describe('properties', () => {
  it('evidence merge → any order, any grouping', () => {
    fc.assert(
      fc.property(evidence, evidence, evidence, (a, b, c) => {
        expect(mergeEvidence(a, b)).toEqual(mergeEvidence(b, a));
        expect(mergeEvidence(mergeEvidence(a, b), c)).toEqual(
          mergeEvidence(a, mergeEvidence(b, c)),
        );
        expect(mergeEvidence(a, { buckets: [] })).toEqual(a);
      }),
    );
  });

  it('verdict merge → any order, any grouping, itself for itself; the higher epoch wins', () => {
    fc.assert(
      fc.property(verdict, verdict, verdict, (a, b, c) => {
        expect(mergeVerdicts(a, b)).toEqual(mergeVerdicts(b, a));
        expect(mergeVerdicts(mergeVerdicts(a, b), c)).toEqual(
          mergeVerdicts(a, mergeVerdicts(b, c)),
        );
        expect(mergeVerdicts(a, a)).toEqual(a);
        expect(mergeVerdicts(a, b).epoch).toBe(Math.max(a.epoch, b.epoch));
        if (a.epoch === b.epoch) {
          const later = Math.max(a.openUntilMs ?? -1, b.openUntilMs ?? -1);
          expect(mergeVerdicts(a, b).openUntilMs ?? -1).toBe(later);
        }
      }),
    );
  });

  it('share admitted → from 1 - maxShed to 1, less for a failure, more for a success, 1 for few calls', () => {
    const counts = fc.record({ ok: fc.nat({ max: 2_000 }), failed: fc.nat({ max: 2_000 }) });
    const share = (ok: number, failed: number) =>
      admittedShare(provider, { buckets: [bucket({ ok, failed })] }, provider.doubt.closed, NOW_MS);
    fc.assert(
      fc.property(counts, ({ ok, failed }) => {
        const admit = share(ok, failed);
        expect(admit).toBeGreaterThanOrEqual(1 - provider.maxShed - 1e-12);
        expect(admit).toBeLessThanOrEqual(1);
        if (ok + failed < provider.minCalls) expect(admit).toBe(1);
        if (ok + failed >= provider.minCalls) {
          expect(share(ok, failed + 1)).toBeLessThanOrEqual(admit + 1e-12);
          expect(share(ok + 1, failed)).toBeGreaterThanOrEqual(admit - 1e-12);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('same batch twice → counted once', () => {
    fc.assert(
      fc.property(history(), (record) => {
        const nowMs = 500_000;
        const event: BreakerEvent = {
          kind: 'record',
          source: 'w9',
          batch: 7,
          epoch: record.verdict.epoch,
          buckets: [bucket({ second: 500, ok: 1 })],
          jitter: 0,
        };
        const once = applyBreakerEvent(SMALL_POLICY, record, event, nowMs).record;
        const twice = applyBreakerEvent(SMALL_POLICY, once, event, nowMs);
        expect(twice).toEqual({ record: once, done: false });
      }),
    );
  });

  it('results from before the trip → the verdict stays', () => {
    fc.assert(
      fc.property(history(), fc.nat({ max: 30 }), fc.nat({ max: 30 }), (record, ok, failed) => {
        const late: BreakerEvent = {
          kind: 'record',
          source: 'w9',
          batch: 1,
          epoch: record.verdict.epoch - 1,
          buckets: [bucket({ second: 500, ok, failed })],
          jitter: 0,
        };
        const { record: after } = applyBreakerEvent(SMALL_POLICY, record, late, 500_000);
        expect(after).toEqual({ ...record, counted: { ...record.counted, w9: 1 } });
      }),
    );
  });

  it('two leases at one time → at most one, whatever came before', () => {
    fc.assert(
      fc.property(history(), fc.nat({ max: 20_000 }), (record, afterMs) => {
        const nowMs = 500_000 + afterMs;
        const first = applyBreakerEvent(SMALL_POLICY, record, { kind: 'lease', owner: 'a' }, nowMs);
        const second = applyBreakerEvent(
          SMALL_POLICY,
          first.record,
          { kind: 'lease', owner: 'b' },
          nowMs,
        );
        expect(first.done && second.done).toBe(false);
        const { heldBy, openUntilMs } = record.verdict;
        if (first.done) expect(heldBy === null && (openUntilMs ?? Infinity) <= nowMs).toBe(true);
      }),
    );
  });

  it('a server that shook hands again → an open breaker may probe at once, and nothing else changes', () => {
    fc.assert(
      fc.property(history(), fc.nat({ max: 20_000 }), (record, afterMs) => {
        const nowMs = 500_000 + afterMs;
        const { record: after, done } = applyBreakerEvent(
          SMALL_POLICY,
          record,
          { kind: 'revived' },
          nowMs,
        );
        const { heldBy, openUntilMs } = record.verdict;
        expect(done).toBe(heldBy === null && (openUntilMs ?? 0) > nowMs);
        const openUntil = done ? nowMs : openUntilMs;
        expect(after).toEqual({
          ...record,
          verdict: { ...record.verdict, openUntilMs: openUntil },
        });
      }),
    );
  });

  it.each(['provider', 'mcp-remote', 'mcp-stdio', 'small'] as const)(
    '%s: from any state, a healthy dependency with a call every 10 s → closed in bounded time',
    (name) => {
      const policy = name === 'small' ? SMALL_POLICY : BREAKER_POLICIES[name];
      fc.assert(
        fc.property(history(policy), (record) => {
          const limitMs =
            1.2 * policy.openMs.max +
            policy.probeTtlMs +
            (policy.probes.max + 1) * 10_000 +
            policy.rampMs +
            policy.memory.windowMs;
          const released = applyBreakerEvent(policy, record, { kind: 'release' }, 500_000).record;
          expect(closedAfterMs(policy, released, 500_000)).toBeLessThanOrEqual(limitMs);
        }),
        { numRuns: 300 },
      );
    },
  );
});

/** A record as any sequence of events leaves it, a little before 500 s. */
function history(policy: BreakerPolicy = SMALL_POLICY): fc.Arbitrary<BreakerRecord> {
  return fc.array(happening, { maxLength: 30 }).map((sequence) => {
    let nowMs = 500_000 - sequence.reduce((sum, { afterMs }) => sum + afterMs, 0);
    let record = NEW_RECORD;
    for (const one of sequence) {
      nowMs += one.afterMs;
      const event = toEvent(one, record.verdict.epoch, nowMs);
      record = applyBreakerEvent(policy, record, event, nowMs).record;
    }
    return record;
  });
}

/** A call every 10 s, each of which succeeds at once: when is the breaker closed? */
function closedAfterMs(policy: BreakerPolicy, start: BreakerRecord, startMs: number): number {
  const state = breakerState(policy);
  let record = start;
  const apply = (event: BreakerEvent, nowMs: number) => {
    const step = applyBreakerEvent(policy, record, event, nowMs);
    record = step.record;
    return step.done;
  };
  for (let elapsedMs = 0; elapsedMs < 600_000; elapsedMs += 10_000) {
    const nowMs = startMs + elapsedMs;
    const now = state(record, nowMs);
    if (now.kind === 'closed') return elapsedMs;
    if (now.kind === 'open') {
      if (apply({ kind: 'lease', owner: 'live' }, nowMs)) {
        apply({ kind: 'probed', owner: 'live', result: 'passed', jitter: 0 }, nowMs);
      }
      continue;
    }
    apply(
      {
        kind: 'record',
        source: 'live',
        batch: 1_000 + elapsedMs,
        epoch: record.verdict.epoch,
        buckets: [bucket({ second: Math.floor(nowMs / 1000), ok: 1 })],
        jitter: 0,
      },
      nowMs,
    );
  }
  return Infinity;
}
