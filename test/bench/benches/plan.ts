// What durability costs: a 12-step plan (four chains of three, 200 ms a tool) run by the whole
// engine against a real MCP server, beside the same twelve steps one after the other. After it,
// each set of labelled plans: a sample as real workflows (`runSets`), all in simulation.
import { join } from 'node:path';
import type { WrittenPlan, WrittenStep } from '../../../client/index.ts';
import { runPlan } from '../../../client/index.ts';
import type { Engine } from '../../support/engine.ts';
import { startEngine } from '../../support/engine.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import { runSets } from '../support/run-sets.ts';
import { simulateSets } from '../support/simulate-sets.ts';

const CHAINS = 4;
const LENGTH = 3;
const TOOL_MS = 200;
const ROUNDS = 5;

export const bench: Bench = {
  summary: 'a 12-step plan as a workflow: against its critical path, and against a sequence',
  async run({ dataDir, note }) {
    const server = join(import.meta.dirname, '..', '..', 'support', 'work-server.mjs');
    const engine = await startEngine({
      work: {
        command: process.execPath,
        args: [server],
        effects: { look_up: 'read' },
      },
    });
    try {
      await timed(engine, chains(TOOL_MS));
      const parallel: number[] = [];
      const sequential: number[] = [];
      const empty: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        parallel.push(await timed(engine, chains(TOOL_MS)));
        sequential.push(await timed(engine, sequence()));
        empty.push(await timed(engine, chains(0)));
        note(
          `round ${round}: ${parallel.at(-1)} ms as a plan, ${sequential.at(-1)} ms in sequence, ${empty.at(-1)} ms with tools that take no time`,
        );
      }
      const synthetic = rows(median(parallel), median(sequential), median(empty));
      return [...synthetic, ...(await labelled(engine, dataDir, note))];
    } finally {
      await engine.stop();
    }
  },
};

/** The labelled sets where they are; the case `synthetic` needs none. */
async function labelled(
  engine: Engine,
  dataDir: BenchContext['dataDir'],
  note: BenchContext['note'],
): Promise<readonly BenchRow[]> {
  let dir: string;
  try {
    dir = dataDir();
  } catch (error) {
    note(`Without the labelled plans: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  const real = await runSets(dir, (plan) => timed(engine, plan), note);
  return [...real, ...(await simulateSets(dir, note))];
}

function rows(planMs: number, sequenceMs: number, overheadMs: number): readonly BenchRow[] {
  const criticalPathMs = LENGTH * TOOL_MS;
  const row = (measure: string, value: number, unit: string): BenchRow => ({
    case: 'synthetic',
    measure,
    value,
    unit,
  });
  return [
    // Less what the engine itself takes, as for the sets.
    row('critical_path_ratio', (planMs - overheadMs) / criticalPathMs, 'x'),
    row('wall_ratio', planMs / criticalPathMs, 'x'),
    row('speedup', sequenceMs / planMs, 'x'),
    row('wall', planMs, 'ms'),
    row('sequential_wall', sequenceMs, 'ms'),
    row('critical_path', criticalPathMs, 'ms'),
    // The same plan with tools that take no time.
    row('overhead', overheadMs, 'ms'),
  ];
}

/** Every step has arguments of its own, so that no answer comes from a cache. */
function work(id: string, after: readonly string[], ms = TOOL_MS): WrittenStep {
  const name = `${id}-${Date.now()}-${Math.random()}`;
  return { id, tool: 'work/look_up', args: { name, ms }, after };
}

function chains(ms: number): WrittenPlan {
  const steps = Array.from({ length: CHAINS }, (_, chain) =>
    Array.from({ length: LENGTH }, (_none, place) =>
      work(`c${chain}s${place}`, place === 0 ? [] : [`c${chain}s${place - 1}`], ms),
    ),
  );
  return { steps: steps.flat() };
}

function sequence(): WrittenPlan {
  const steps = Array.from({ length: CHAINS * LENGTH }, (_, place) =>
    work(`s${place}`, place === 0 ? [] : [`s${place - 1}`]),
  );
  return { steps };
}

/** From the start by the client to the result in its hands, ms. */
async function timed(engine: Engine, plan: WrittenPlan): Promise<number> {
  const startedMs = performance.now();
  const run = await runPlan(engine.ostinato, { plan, agent: 'bench' });
  const result = await run.result();
  if (result.outcome !== 'completed')
    throw new Error(`The plan ${result.outcome}: ${result.reason}`);
  return Math.round(performance.now() - startedMs);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
