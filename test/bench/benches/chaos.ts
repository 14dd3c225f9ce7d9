// What faults do to runs: real Temporal on a file, real PostgreSQL and Redis, two worker processes
// and a tools' server that journals each request and effect before it answers. The journal judges.
// The faults come at moments from a seed, which is printed; OSTINATO_CHAOS_SEED sets it, and
// OSTINATO_CHAOS_FAULTS=mcp-crash,redis-loss keeps to some of them.
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describeFailure } from '../../../common/describe-failure.ts';
import { workflowBundle } from '../../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import type { Fault } from '../support/chaos/faults.ts';
import { FAULTS } from '../support/chaos/faults.ts';
import type { EndedRun, Verdict } from '../support/chaos/judge.ts';
import { judge } from '../support/chaos/judge.ts';
import type { Stage } from '../support/chaos/stage.ts';
import { openStage } from '../support/chaos/stage.ts';
import { quantile } from '../support/quantile.ts';
import { timeline } from '../support/chaos/timeline.ts';
import { createRandom } from '../support/random.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const RUNS_A_FAULT = 24;
/** A recovery that took longer is told step by step. */
const SLOW_MS = 15_000;
const only = process.env['OSTINATO_CHAOS_FAULTS']?.split(',') ?? null;
const seed = Number(process.env['OSTINATO_CHAOS_SEED'] ?? Date.now() % 1_000_000);

interface Outcome extends Verdict {
  readonly name: string;
  readonly runs: number;
  readonly replayFailures: number;
  /** From the last fault before a run's end to its end, for runs in flight at a fault, ms. */
  readonly recoveriesMs: readonly number[];
}

export const bench: Bench = {
  summary: 'kills, stops and restarts while runs go on: lost, duplicates, replay, recovery',
  async run(context) {
    context.note(`seed ${seed} (OSTINATO_CHAOS_SEED=${seed} repeats it)`);
    const random = createRandom(seed);
    const stage = await openStage();
    try {
      const outcomes: Outcome[] = [];
      for (const fault of chosen()) outcomes.push(await suffer(stage, fault, random, context));
      return [total(outcomes), ...outcomes].flatMap(toRows);
    } finally {
      await stage.stop();
    }
  },
};

function chosen(): readonly Fault[] {
  const faults = FAULTS.filter(({ name }) => only === null || only.includes(name));
  if (faults.length > 0) return faults;
  const names = FAULTS.map(({ name }) => name).join(', ');
  throw new Error(
    `OSTINATO_CHAOS_FAULTS names none of the faults: ${only?.join(', ')}. They are: ${names}.`,
  );
}

async function suffer(
  stage: Stage,
  fault: Fault,
  random: () => number,
  { note }: BenchContext,
): Promise<Outcome> {
  const hitsMs: number[] = [];
  const hit = (): void => void hitsMs.push(Date.now());
  await Promise.all(stage.workers.map((worker) => worker.ready()));
  await fault.prepare?.(stage, random, hit);
  const startedMs = new Map<string, number>();
  const injected = fault.inject(stage, random, hit);
  const runs = await Promise.all(
    Array.from({ length: RUNS_A_FAULT }, async (_, at) => {
      const runId = `${fault.name}-${seed}-${at}`;
      await new Promise((resolve) => setTimeout(resolve, random() * 1_000));
      startedMs.set(runId, Date.now());
      await stage.start(runId, at);
      return stage.end(runId);
    }),
  );
  await injected;
  const outcome: Outcome = {
    name: fault.name,
    runs: runs.length,
    ...(await judge(stage.journal, runs)),
    replayFailures: await replay(stage, runs, note),
    recoveriesMs: runs.flatMap((run) => recovery(run, startedMs.get(run.runId) ?? 0, hitsMs)),
  };
  note(
    `${outcome.name}: ${outcome.runs} runs, ${outcome.lost} lost, ${outcome.duplicates} duplicates, ` +
      `${outcome.unknown} unknown, ${hitsMs.length} faults, recovery p95 ${seconds(outcome).toFixed(1)} s`,
  );
  await explainSlowest(stage, runs, hitsMs, note);
  return outcome;
}

async function explainSlowest(
  stage: Stage,
  runs: readonly EndedRun[],
  hitsMs: readonly number[],
  note: BenchContext['note'],
): Promise<void> {
  const slowest = runs.toSorted((a, b) => b.endedAtMs - a.endedAtMs)[0];
  const lastHitMs = hitsMs.findLast((hitMs) => slowest !== undefined && hitMs <= slowest.endedAtMs);
  if (slowest === undefined || lastHitMs === undefined) return;
  if (slowest.endedAtMs - lastHitMs < SLOW_MS) return;
  const history = await stage.ostinato.temporal.workflow
    .getHandle(slowest.workflowId)
    .fetchHistory();
  const starts = stage.workers.map((worker) => `${(worker.startMs() / 1_000).toFixed(1)} s`);
  note(
    `The workers' latest starts took ${starts.join(' and ')}: a machine without time is slow too.`,
  );
  note(`${slowest.workflowId}, by seconds since the last fault:`);
  for (const line of timeline(history, lastHitMs)) note(line);
}

function recovery(run: EndedRun, startedMs: number, hitsMs: readonly number[]): readonly number[] {
  const last = hitsMs.findLast((hitMs) => startedMs <= hitMs && hitMs <= run.endedAtMs);
  return last === undefined ? [] : [run.endedAtMs - last];
}

async function replay(
  { ostinato }: Stage,
  runs: readonly EndedRun[],
  note: BenchContext['note'],
): Promise<number> {
  const bundle = { codePath: await workflowBundle(CACHE_DIR) };
  let failures = 0;
  for (const { workflowId } of runs) {
    const history = await ostinato.temporal.workflow.getHandle(workflowId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, workflowId).catch(
      (error: unknown) => {
        failures += 1;
        note(`${workflowId} does not replay: ${describeFailure(error)}`);
      },
    );
  }
  return failures;
}

function total(outcomes: readonly Outcome[]): Outcome {
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    name: 'all',
    runs: sum(({ runs }) => runs),
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    unknown: sum(({ unknown }) => unknown),
    replayFailures: sum(({ replayFailures }) => replayFailures),
    recoveriesMs: outcomes.flatMap(({ recoveriesMs }) => recoveriesMs),
  };
}

function seconds({ recoveriesMs }: Outcome): number {
  return recoveriesMs.length === 0 ? 0 : quantile(recoveriesMs, 0.95) / 1000;
}

function toRows(outcome: Outcome): readonly BenchRow[] {
  const row = (measure: string, value: number, unit = ''): BenchRow => ({
    case: outcome.name,
    measure,
    value,
    unit,
  });
  return [
    row('runs', outcome.runs),
    row('lost', outcome.lost),
    row('duplicates', outcome.duplicates),
    row('replay_failures', outcome.replayFailures),
    row('recovery_p95', seconds(outcome), 's'),
    row('unknown', outcome.unknown),
  ];
}
