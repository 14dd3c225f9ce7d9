/** A stretch of time in which the dependency behaves the same. */
export interface Phase {
  readonly seconds: number;
  /** Share of calls that fail, 0 to 1. */
  readonly failing: number;
  /** What a failing call takes; a slow one that times out takes long. */
  readonly failMs: number;
}

export interface Scenario {
  readonly name: string;
  readonly workers: number;
  /** Calls a second of all workers together. */
  readonly rate: number;
  readonly phases: readonly Phase[];
  /** The failures are the dependency's everyday: nothing may be diverted, and nothing recovers. */
  readonly steady: boolean;
}

/** What every call takes that succeeds. */
export const OK_MS = 1000;
/** Up to this share of failures the dependency counts as healthy. */
export const HEALTHY = 0.02;

const ok = (seconds: number): Phase => ({ seconds, failing: 0.01, failMs: 500 });
const bad = (seconds: number, failing: number, failMs = 500): Phase => ({
  seconds,
  failing,
  failMs,
});

const OUTAGES: Readonly<Record<string, readonly Phase[]>> = {
  // Semian's experiments.
  'spike-20': [ok(60), bad(20, 0.2), ok(120)],
  'spike-60': [ok(60), bad(20, 0.6), ok(120)],
  'spike-100': [ok(60), bad(20, 1), ok(120)],
  gradual: [
    ok(60),
    ...[0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1].map((failing) => bad(10, failing)),
    ok(120),
  ],
  oscillating: [ok(60), ...Array.from({ length: 6 }, () => [bad(15, 1), ok(15)]).flat(), ok(120)],
  'slow-query': [ok(60), bad(60, 1, 10_000), ok(120)],
  'one-of-many': [ok(60), bad(120, 0.25), ok(120)],
  sustained: [ok(60), bad(120, 0.5), ok(120)],
  // The two of the research behind the design.
  'hard-outage': [ok(60), bad(300, 1), ok(120)],
  'brownout-30': [ok(60), bad(300, 0.3), ok(120)],
};

const STEADY: Readonly<Record<string, readonly Phase[]>> = {
  'healthy-1': [ok(600)],
  'chronic-8': [bad(600, 0.08)],
};

/** Eight workers and two calls a second each, as in the research; then other sizes of the same. */
export const SCENARIOS: readonly Scenario[] = [
  ...Object.entries(OUTAGES).map(([name, phases]) => at(name, phases, 8, 16, false)),
  ...Object.entries(STEADY).map(([name, phases]) => at(name, phases, 8, 16, true)),
  ...(['hard-outage', 'brownout-30', 'spike-100'] as const).flatMap((name) =>
    [1, 32].map((workers) => at(`${name}-${workers}w`, OUTAGES[name] ?? [], workers, 16, false)),
  ),
  at('chronic-8-1w', STEADY['chronic-8'] ?? [], 1, 16, true),
  at('chronic-8-32w', STEADY['chronic-8'] ?? [], 32, 16, true),
  at('hard-outage-low', OUTAGES['hard-outage'] ?? [], 8, 0.4, false),
  at('brownout-30-low', OUTAGES['brownout-30'] ?? [], 8, 0.4, false),
  at('chronic-8-low', STEADY['chronic-8'] ?? [], 8, 0.4, true),
];

function at(
  name: string,
  phases: readonly Phase[],
  workers: number,
  rate: number,
  steady: boolean,
): Scenario {
  return { name, workers, rate, phases, steady };
}
