// What the settings of a worker are worth: the same plan (four chains of three, tools that answer
// after 5 ms) by workers that differ in one setting each, alternating, on one server and in one
// process. Tools are fake: what is measured is how work reaches the worker.
import { ulid } from 'ulid';
import type { Activities } from '../../../activities/index.ts';
import { connect, runPlan } from '../../../client/index.ts';
import type { Plan } from '../../../common/plan.ts';
import type { WorkerTuning } from '../../../services/config.ts';
import { connectWorker } from '../../../workers/connect-worker.ts';
import { createWorkers } from '../../../workers/create-workers.ts';
import { workflowBundle } from '../../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../../support/cache-dir.ts';
import { after, plan, step, textResult } from '../../support/plans.ts';
import { startTemporal } from '../../support/temporal.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { quantile } from '../support/quantile.ts';

const CHAINS = 4;
const LENGTH = 3;
const TOOL_MS = 5;
const LOADS = [
  { inFlight: 1, runs: 10 },
  { inFlight: 60, runs: 60 },
] as const;
const ROUNDS = 4;

/** The first is what holds where nothing is set. */
const VARIANTS: Readonly<Record<string, Partial<WorkerTuning>>> = {
  default: {},
  'activities-400': { maxActivities: 400 },
  'workflow-tasks-100': { maxWorkflowTasks: 100 },
  'pollers-2': { pollers: 2 },
  'pollers-20': { pollers: 20 },
  'pollers-auto': { pollers: 'auto' },
  'cached-20': { maxCachedWorkflows: 20 },
};

const activities = {
  callTool: async () => {
    await new Promise((resolve) => setTimeout(resolve, TOOL_MS));
    return textResult('done');
  },
  checkPlan: () => Promise.resolve(chains()),
  planGoal: () => Promise.reject(new Error('not used here')),
} satisfies Activities;

export const bench: Bench = {
  summary: 'settings of workers: pollers, places, runs in memory; each against the default',
  async run({ note }) {
    const temporal = await startTemporal();
    const arms = await Promise.all(
      Object.entries(VARIANTS).map(([name, tuning]) => startArm(temporal.address, name, tuning)),
    );
    try {
      for (const arm of arms) await arm.load({ inFlight: 4, runs: 8 });
      const rows: BenchRow[] = [];
      for (const load of LOADS) {
        const seen = new Map(arms.map(({ name }) => [name, { ms: [] as number[], wallMs: 0 }]));
        for (let round = 0; round < ROUNDS; round += 1) {
          // Whoever comes first meets a server that has rested.
          for (let at = 0; at < arms.length; at += 1) {
            const arm = arms[(at + round) % arms.length];
            const sums = arm === undefined ? undefined : seen.get(arm.name);
            if (arm === undefined || sums === undefined) continue;
            const startedMs = performance.now();
            sums.ms.push(...(await arm.load(load)));
            sums.wallMs += performance.now() - startedMs;
          }
        }
        const own = rowsOf(load.inFlight, seen);
        rows.push(...own);
        note(own.map((row) => `${row.case} ${row.measure} ${row.value.toFixed(2)}`).join(', '));
      }
      return rows;
    } finally {
      for (const arm of arms) await arm.stop();
      await temporal.stop();
    }
  },
};

interface Load {
  readonly inFlight: number;
  readonly runs: number;
}

async function startArm(address: string, name: string, tuning: Partial<WorkerTuning>) {
  const queue = `bench-${name}`;
  const queues = { agent: queue, tool: queue, llm: queue };
  const connection = await connectWorker(address);
  const workers = await createWorkers({
    ...{ connection, namespace: 'default', queues, kinds: ['agent', 'tool', 'llm'], activities },
    ...{ tuning, workflowBundle: await workflowBundle(CACHE_DIR) },
  });
  const running = workers.map((worker) => worker.run());
  const client = await connect({ address, queues });
  const runOne = async (): Promise<number> => {
    const startedMs = performance.now();
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const run = await runPlan(client, { plan: written, runId: ulid() }, chains());
    await run.result();
    return performance.now() - startedMs;
  };
  return {
    name,
    async load({ inFlight, runs }: Load): Promise<readonly number[]> {
      const taken: number[] = [];
      let left = runs;
      const lane = async (): Promise<void> => {
        for (; left > 0;) {
          left -= 1;
          taken.push(await runOne());
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
      return taken;
    },
    async stop(): Promise<void> {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await client.close();
      await connection.close();
    },
  };
}

function chains(): Plan {
  const steps = Array.from({ length: CHAINS }, (_, chain) =>
    Array.from({ length: LENGTH }, (_none, place) =>
      step(`c${chain}s${place}`, place === 0 ? {} : after(`c${chain}s${place - 1}`)),
    ),
  );
  return plan(...steps.flat());
}

function rowsOf(
  inFlight: number,
  seen: ReadonlyMap<string, { readonly ms: readonly number[]; readonly wallMs: number }>,
): readonly BenchRow[] {
  const base = seen.get('default');
  return [...seen].flatMap(([name, { ms, wallMs }]) => {
    const row = (measure: string, value: number, unit: string): BenchRow => ({
      case: `${name}-${inFlight}`,
      ...{ measure, value, unit },
    });
    const p50 = quantile(ms, 0.5);
    return [
      row('p50_ms', p50, 'ms'),
      row('runs_per_s', (1_000 * ms.length) / wallMs, '/s'),
      row('p50_ratio', p50 / quantile(base?.ms ?? ms, 0.5), 'x'),
      row('throughput_ratio', (base?.wallMs ?? wallMs) / wallMs, 'x'),
    ];
  });
}
