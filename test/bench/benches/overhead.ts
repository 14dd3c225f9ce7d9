// What Ostinato costs above Temporal itself: one plan (four chains of three, tools that answer after
// 5 ms) with ledger, breaker and metrics, and the same written by hand on a bare, equally tuned
// Temporal with the vendor's MCP client; alternating, on one server, in one process.
import { join } from 'node:path';
import { ulid } from 'ulid';
import type { WrittenPlan } from '../../../client/index.ts';
import { runPlan } from '../../../client/index.ts';
import type { Engine } from '../../support/engine.ts';
import { startEngine } from '../../support/engine.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { BARE_QUEUE, startBare } from '../support/overhead/bare-engine.ts';
import type { BareInput } from '../support/overhead/bare-workflow.ts';
import { quantile } from '../support/quantile.ts';

const CHAINS = 4;
const LENGTH = 3;
const TOOL_MS = 5;
/** PostgreSQL and both workflows are compiled for speed only after some hundred runs. */
const WARM_UP = { inFlight: 20, rounds: 5 };
/** Runs in flight, and how often so many are started. */
const LOADS = [
  { inFlight: 1, rounds: 30 },
  { inFlight: 100, rounds: 2 },
] as const;
const KINDS = [
  // Every call goes through the ledger.
  { ending: '', tool: 'do_work', fastReads: false },
  // No call does: what the workflow and the way to the tool cost.
  { ending: '-reads', tool: 'look_up', fastReads: false },
  { ending: '-fast-reads', tool: 'look_up', fastReads: true },
] as const;

interface Ended {
  readonly ms: number;
  readonly workflowId: string;
}

/** All runs of one side at one load. */
interface Side {
  readonly latenciesMs: number[];
  wallMs: number;
  /** Of this process: worker and client, without the server. */
  cpuMs: number;
  workflowId: string;
}

export const bench: Bench = {
  summary: 'a plan by Ostinato against the same plan hand-written on bare Temporal',
  async run({ note }) {
    const script = join(import.meta.dirname, '..', '..', 'support', 'work-server.mjs');
    const server = { command: process.execPath, args: [script] };
    const effects = { look_up: 'read', do_work: 'non-idempotent' };
    const engine = await startEngine({ work: { ...server, effects } });
    const bare = await startBare(engine.temporalAddress, server);
    try {
      const rows: BenchRow[] = [];
      for (const { ending, tool, fastReads } of KINDS) {
        const ours = () => runOurs(engine, tool, fastReads);
        const theirs = () => runBare(engine, tool);
        for (let round = 0; round < WARM_UP.rounds; round += 1) {
          await load(newSide(), ours, WARM_UP.inFlight);
          await load(newSide(), theirs, WARM_UP.inFlight);
        }
        for (const { inFlight, rounds } of LOADS) {
          const [us, them] = [newSide(), newSide()];
          for (let round = 0; round < rounds; round += 1) {
            await load(us, ours, inFlight);
            await load(them, theirs, inFlight);
          }
          const name = `plan-${inFlight}${ending}`;
          const own = await rowsOf(engine, name, us, them);
          rows.push(...own);
          note(own.map(({ measure, value }) => `${measure} ${value.toFixed(2)}`).join(', '));
        }
      }
      return rows;
    } finally {
      await bare.stop();
      await engine.stop();
    }
  },
};

function newSide(): Side {
  return { latenciesMs: [], wallMs: 0, cpuMs: 0, workflowId: '' };
}

async function load(side: Side, run: () => Promise<Ended>, inFlight: number): Promise<void> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const ended = await Promise.all(Array.from({ length: inFlight }, run));
  const { user, system } = process.cpuUsage(before);
  side.wallMs += performance.now() - startedMs;
  side.cpuMs += (user + system) / 1_000;
  side.latenciesMs.push(...ended.map(({ ms }) => ms));
  side.workflowId = ended[0]?.workflowId ?? '';
}

async function runOurs(engine: Engine, tool: string, fastReads: boolean): Promise<Ended> {
  const startedMs = performance.now();
  const run = await runPlan(engine.ostinato, {
    plan: chains(tool),
    agent: 'bench',
    fastReads,
  });
  const { outcome, reason } = await run.result();
  if (outcome !== 'completed') throw new Error(`The plan ${outcome}: ${reason}`);
  return { ms: performance.now() - startedMs, workflowId: run.workflowId };
}

async function runBare({ ostinato }: Engine, tool: string): Promise<Ended> {
  const workflowId = `bare-${ulid()}`;
  const input: BareInput = { run: workflowId, chains: CHAINS, length: LENGTH, tool, ms: TOOL_MS };
  const startedMs = performance.now();
  const handle = await ostinato.temporal.workflow.start('barePlan', {
    workflowId,
    taskQueue: BARE_QUEUE,
    args: [input],
  });
  await handle.result();
  return { ms: performance.now() - startedMs, workflowId };
}

function chains(tool: string): WrittenPlan {
  const run = ulid();
  const steps = Array.from({ length: CHAINS }, (_, chain) =>
    Array.from({ length: LENGTH }, (_none, place) => ({
      id: `c${chain}s${place}`,
      tool: `work/${tool}`,
      // No answer comes from a cache.
      args: { name: `${run}-${chain}-${place}`, ms: TOOL_MS },
      after: place === 0 ? [] : [`c${chain}s${place - 1}`],
    })),
  );
  return { steps: steps.flat() };
}

async function rowsOf(
  engine: Engine,
  name: string,
  us: Side,
  them: Side,
): Promise<readonly BenchRow[]> {
  const row = (measure: string, value: number, unit: string) => ({
    case: name,
    measure,
    value,
    unit,
  });
  const p50 = ({ latenciesMs }: Side) => quantile(latenciesMs, 0.5);
  const perS = ({ latenciesMs, wallMs }: Side) => (1_000 * latenciesMs.length) / wallMs;
  const cpuMs = (side: Side) => side.cpuMs / side.latenciesMs.length;
  const [own, other] = await Promise.all([
    historyOf(engine, us.workflowId),
    historyOf(engine, them.workflowId),
  ]);
  return [
    row('p50_ratio', p50(us) / p50(them), 'x'),
    row('throughput_ratio', perS(us) / perS(them), 'x'),
    row('p50_ms', p50(us), 'ms'),
    row('bare_p50_ms', p50(them), 'ms'),
    row('runs_per_s', perS(us), '/s'),
    row('bare_runs_per_s', perS(them), '/s'),
    // What other programs of the machine disturb least.
    row('cpu_ms', cpuMs(us), 'ms'),
    row('bare_cpu_ms', cpuMs(them), 'ms'),
    row('events', own.events, ''),
    row('bare_events', other.events, ''),
    row('kilobytes', own.kilobytes, 'kB'),
    row('bare_kilobytes', other.kilobytes, 'kB'),
  ];
}

async function historyOf(
  { ostinato }: Engine,
  workflowId: string,
): Promise<{ readonly events: number; readonly kilobytes: number }> {
  const { historyLength, historySize } = await ostinato.temporal.workflow
    .getHandle(workflowId)
    .describe();
  return { events: historyLength, kilobytes: (historySize ?? 0) / 1_000 };
}
