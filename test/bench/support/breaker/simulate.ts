import { mock } from 'node:test';
import { createRandom } from '../random.ts';
import type { ContenderFactory, Ended } from './contender.ts';
import { HEALTHY, OK_MS } from './scenarios.ts';
import type { Phase, Scenario } from './scenarios.ts';

export interface Outcome {
  /** Calls that reached the dependency and failed. */
  readonly failed: number;
  /** Share of the calls diverted although the dependency was healthy, %. */
  readonly reroutedHealthy: number;
  /** From the end of the trouble until 90 % of 5 s of calls are let through; `null` where never. */
  readonly readmitS: number | null;
  /** Not closed at the end. */
  readonly stuck: boolean;
}

interface Arrival {
  readonly atMs: number;
  readonly worker: number;
  /** Below the phase's share: the call fails. The same for every contender. */
  readonly fate: number;
}

const START_MS = 1_763_942_400_000;
const WATCHED_MS = 5_000;
const READMITTED = 0.9;

/**
 * One contender through one scenario, on a simulated clock: minutes pass in seconds, and the timers of
 * libraries run on it too. The arrivals and their fates depend on the seed alone.
 */
export async function simulate(
  scenario: Scenario,
  create: ContenderFactory,
  seed: number,
): Promise<Outcome> {
  const random = createRandom(seed * 7919 + 13);
  const arrivals = arrivalsOf(scenario, seed);
  // First, since libraries set timers when they are made.
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: START_MS });
  const contender = await create(scenario.workers, { nowMs: () => Date.now(), random });
  const endings: { readonly atMs: number; readonly end: () => Promise<void> }[] = [];
  const seen: { readonly atMs: number; readonly admitted: boolean }[] = [];
  let failed = 0;
  try {
    for (const { atMs, worker, fate } of arrivals) {
      await endUntil(endings, atMs);
      advanceTo(atMs);
      const ended = await contender.admit(worker);
      seen.push({ atMs, admitted: ended !== null });
      if (ended === null) continue;
      const phase = phaseAt(scenario, atMs);
      const fails = fate < phase.failing;
      failed += fails ? 1 : 0;
      schedule(endings, ended, fails, atMs, fails ? phase.failMs : OK_MS);
    }
    await endUntil(endings, durationMs(scenario));
    const stuck = !(await contender.closed());
    return { failed, stuck, ...judge(scenario, seen) };
  } finally {
    await contender.close();
    mock.timers.reset();
  }
}

function arrivalsOf(scenario: Scenario, seed: number): Arrival[] {
  const random = createRandom(seed);
  const arrivals: Arrival[] = [];
  for (let atMs = 0; ;) {
    atMs += (-Math.log(1 - random()) / scenario.rate) * 1000;
    if (atMs >= durationMs(scenario)) return arrivals;
    arrivals.push({ atMs, worker: Math.floor(random() * scenario.workers), fate: random() });
  }
}

function schedule(
  endings: { readonly atMs: number; readonly end: () => Promise<void> }[],
  ended: Ended,
  fails: boolean,
  startMs: number,
  tookMs: number,
): void {
  const ending = { atMs: startMs + tookMs, end: () => ended(fails, tookMs) };
  const place = endings.findLastIndex(({ atMs }) => atMs <= ending.atMs);
  endings.splice(place + 1, 0, ending);
}

async function endUntil(
  endings: { readonly atMs: number; readonly end: () => Promise<void> }[],
  untilMs: number,
): Promise<void> {
  for (let next = endings[0]; next !== undefined && next.atMs <= untilMs; next = endings[0]) {
    endings.shift();
    advanceTo(next.atMs);
    await next.end();
  }
}

function advanceTo(atMs: number): void {
  const waitMs = Math.floor(START_MS + atMs) - Date.now();
  if (waitMs > 0) mock.timers.tick(waitMs);
}

function judge(
  scenario: Scenario,
  seen: readonly { readonly atMs: number; readonly admitted: boolean }[],
): Pick<Outcome, 'reroutedHealthy' | 'readmitS'> {
  const healthy = seen.filter(
    ({ atMs }) => scenario.steady || phaseAt(scenario, atMs).failing <= HEALTHY,
  );
  const rerouted = healthy.filter(({ admitted }) => !admitted).length;
  const reroutedHealthy = (100 * rerouted) / healthy.length;
  if (scenario.steady) return { reroutedHealthy, readmitS: 0 };
  const endMs = durationMs(scenario);
  const overMs = endMs - (scenario.phases.at(-1)?.seconds ?? 0) * 1000;
  for (let fromMs = overMs; fromMs + WATCHED_MS <= endMs; fromMs += 500) {
    const window = seen.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + WATCHED_MS);
    const admitted = window.filter((call) => call.admitted).length;
    if (window.length > 0 && admitted >= READMITTED * window.length) {
      return { reroutedHealthy, readmitS: (fromMs - overMs) / 1000 };
    }
  }
  return { reroutedHealthy, readmitS: null };
}

function phaseAt(scenario: Scenario, atMs: number): Phase {
  let endMs = 0;
  for (const phase of scenario.phases) {
    endMs += phase.seconds * 1000;
    if (atMs < endMs) return phase;
  }
  throw new Error(`${scenario.name} is over at ${atMs} ms.`);
}

function durationMs({ phases }: Scenario): number {
  return phases.reduce((sum, { seconds }) => sum + seconds, 0) * 1000;
}
