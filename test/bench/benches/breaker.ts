// Breakers side by side: the same calls with the same fates, on a simulated clock, in front of a
// dependency that fails in the ways of Semian's published experiments and of the design's research.
// Ours is shared by a real Redis; the others know of no sharing, so each worker has its own.
import { Redis } from 'ioredis';
import { startRedis } from '../../support/redis.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { cockatiel, hystrix, none, opossum, ostinato } from '../support/breaker/contenders.ts';
import type { ContenderFactory } from '../support/breaker/contender.ts';
import { SCENARIOS } from '../support/breaker/scenarios.ts';
import type { Scenario } from '../support/breaker/scenarios.ts';
import { simulate } from '../support/breaker/simulate.ts';

const SEEDS = [1, 2, 3];

export const bench: Bench = {
  summary:
    'failed calls, false diversions and recovery, beside opossum, cockatiel, Hystrix and none',
  async run({ note }) {
    const server = await startRedis();
    const redis = new Redis(server.url);
    await redis.ping();
    try {
      const contenders: Readonly<Record<string, ContenderFactory>> = {
        ostinato: ostinato(redis),
        opossum,
        cockatiel,
        hystrix,
        none,
      };
      const rows: BenchRow[] = [];
      for (const scenario of SCENARIOS) {
        for (const [name, create] of Object.entries(contenders)) {
          rows.push(...(await measure(scenario, name, create)));
        }
        note(line(scenario, rows));
      }
      return rows;
    } finally {
      redis.disconnect();
      await server.stop();
    }
  },
};

/** `failed` is the mean of the seeds; what may never happen is the worst of them. */
async function measure(
  scenario: Scenario,
  contender: string,
  create: ContenderFactory,
): Promise<BenchRow[]> {
  const outcomes = [];
  for (const seed of SEEDS) outcomes.push(await simulate(scenario, create, seed));
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const lastS = scenario.phases.at(-1)?.seconds ?? 0;
  const row = (measured: string, value: number, unit: string): BenchRow => ({
    case: `${scenario.name}/${contender}`,
    measure: measured,
    value,
    unit,
  });
  return [
    row('failed', mean(outcomes.map(({ failed }) => failed)), ''),
    row('rerouted_healthy', mean(outcomes.map(({ reroutedHealthy }) => reroutedHealthy)), '%'),
    row('readmit_s', Math.max(...outcomes.map(({ readmitS }) => readmitS ?? lastS)), 's'),
    row('stuck', outcomes.filter(({ stuck, readmitS }) => stuck || readmitS === null).length, ''),
  ];
}

function line(scenario: Scenario, rows: readonly BenchRow[]): string {
  const of = (measured: string) =>
    rows
      .filter((row) => row.case.startsWith(`${scenario.name}/`) && row.measure === measured)
      .map((row) => `${row.case.split('/')[1]} ${row.value.toFixed(1)}`)
      .join(', ');
  return `${scenario.name}: failed ${of('failed')}`;
}
