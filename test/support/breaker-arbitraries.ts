import fc from 'fast-check';
import type { BreakerEvent } from '../../common/breaker-event.ts';
import type {
  BreakerBucket,
  BreakerEvidence,
  BreakerPolicy,
  BreakerVerdict,
} from '../../common/breaker.ts';
import { BREAKER_PHASES } from '../../common/breaker-phase.ts';
import { BREAKER_POLICIES } from '../../common/breaker-policies.ts';

/** Short windows and few calls, so that random events reach every state. */
export const SMALL_POLICY: BreakerPolicy = {
  ...BREAKER_POLICIES.provider,
  windowMs: 6_000,
  memory: { windowMs: 9_000, calls: 12 },
  minCalls: 4,
  tripCalls: 8,
  tripRun: 3,
  probes: { first: 1, max: 3 },
  probeTtlMs: 2_000,
  openMs: { first: 1_000, max: 5_000 },
  rampMs: 2_000,
};

const few = fc.nat({ max: 6 });

export function bucketAt(second: fc.Arbitrary<number>): fc.Arbitrary<BreakerBucket> {
  return fc.record({
    second,
    ok: few,
    failed: few,
    slow: fc.nat({ max: 2 }),
    rateLimited: fc.nat({ max: 2 }),
    latencySumMs: fc.nat({ max: 100_000 }),
    tokens: fc.nat({ max: 100_000 }),
  });
}

export const evidence: fc.Arbitrary<BreakerEvidence> = fc
  .uniqueArray(bucketAt(fc.integer({ min: 100, max: 110 })), {
    selector: ({ second }) => second,
    maxLength: 6,
  })
  .map((buckets) => ({ buckets: buckets.sort((a, b) => a.second - b.second) }));

export const verdict: fc.Arbitrary<BreakerVerdict> = fc.record({
  epoch: fc.nat({ max: 3 }),
  openUntilMs: fc.option(fc.nat({ max: 5 }), { nil: null }),
  trips: fc.nat({ max: 3 }),
  rampStartMs: fc.option(fc.nat({ max: 5 }), { nil: null }),
  reason: fc.constantFrom('', 'a', 'b'),
  heldBy: fc.option(fc.constantFrom('ann', 'bob'), { nil: null }),
});

/** What happens, `afterMs` after what happened before. Seconds and epochs count from the present. */
export interface Happening {
  readonly afterMs: number;
  readonly event:
    | Exclude<BreakerEvent, { kind: 'record' }>
    | (Omit<Extract<BreakerEvent, { kind: 'record' }>, 'epoch' | 'buckets'> & {
        readonly epochsAgo: number;
        readonly buckets: readonly BreakerBucket[];
      });
}

const phase = fc.constantFrom(...BREAKER_PHASES);
const owner = fc.constantFrom('w1', 'w2');
const jitter = fc.constantFrom(0, 0.25, 0.5, 0.999);
const record = fc.record({
  kind: fc.constant('record' as const),
  source: fc.constantFrom('w1', 'w2', 'w3'),
  batch: fc.integer({ min: 1, max: 40 }),
  epochsAgo: fc.constantFrom(0, 0, 0, 0, 1),
  buckets: fc.array(bucketAt(fc.integer({ min: -10, max: 2 })), { maxLength: 3 }),
  jitter,
});

export const happening: fc.Arbitrary<Happening> = fc.record({
  // Whole deadlines too, so that "just now" happens.
  afterMs: fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: 4_000 }), fc.constantFrom(0, 800, 2_000)),
  event: fc.oneof(
    { weight: 8, arbitrary: record },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('lease' as const), owner }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), owner }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('probed' as const),
        owner,
        result: fc.constantFrom('passed', 'passed', 'failed', 'void'),
        jitter,
      }) as fc.Arbitrary<Extract<BreakerEvent, { kind: 'probed' }>>,
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'revived' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('diverted' as const), calls: fc.nat({ max: 9 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<BreakerEvent & { kind: 'hold' | 'release' }>(
        { kind: 'hold', by: 'ann', reason: 'maintenance' },
        { kind: 'release' },
        { kind: 'release' },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('noted' as const), from: phase, to: phase }),
    },
  ),
});

/** Makes a happening an event at a time, in an epoch. */
export function toEvent({ event }: Happening, epoch: number, nowMs: number): BreakerEvent {
  if (event.kind !== 'record') return event;
  const { epochsAgo, buckets, ...rest } = event;
  const second = Math.floor(nowMs / 1000);
  return {
    ...rest,
    epoch: epoch - epochsAgo,
    buckets: buckets.map((bucket) => ({ ...bucket, second: second + bucket.second })),
  };
}
