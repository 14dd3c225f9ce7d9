import type { BreakerPolicy } from './breaker.ts';

/**
 * Settings per kind of dependency, found by simulation (`npm run bench -- breaker`): few failed calls
 * in an outage, at least 90 % of the traffic back within 20 s of its end, and hardly a call diverted
 * from a dependency that always fails 8 % of its calls.
 */
const provider: BreakerPolicy = {
  windowMs: 30_000,
  memory: { windowMs: 90_000, calls: 40 },
  minCalls: 10,
  threshold: 0.75,
  tripCalls: 8,
  tripRun: 5,
  successTarget: 0.9,
  doubt: { closed: 2.5, recovering: 1 },
  shedGain: 12,
  maxShed: 0.95,
  probes: { first: 2, max: 5 },
  probeTtlMs: 15_000,
  openMs: { first: 5_000, max: 7_000 },
  rampMs: 6_000,
  slowMs: 60_000,
};

export const BREAKER_POLICIES = {
  provider,
  /** Tools answer faster than models, so slow is sooner. */
  'mcp-remote': { ...provider, slowMs: 20_000 },
  /** A child process that fails is restarted in a moment: look again soon, believe it sooner. */
  'mcp-stdio': {
    ...provider,
    probes: { first: 1, max: 2 },
    openMs: { first: 1_000, max: 8_000 },
    rampMs: 2_000,
    slowMs: null,
  },
} as const satisfies Readonly<Record<string, BreakerPolicy>>;

export type BreakerPreset = keyof typeof BREAKER_POLICIES;
