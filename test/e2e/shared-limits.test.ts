// Proves that the limits of a server and of a tenant hold over worker processes: two real ones, with a
// PostgreSQL, a Redis and a Temporal server that they share. The tool's own journal says how many of
// its calls were under way at once.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import type { PostgresServer } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import type { RedisServer } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess } from '../support/standalone.ts';
import { connectTo, startTemporal } from '../support/temporal.ts';

const SERVER = join(import.meta.dirname, '..', 'support', 'work-server.mjs');
let dir: string;
let postgres: PostgresServer;
let redis: RedisServer;
let temporal: TemporalServer;
let ostinato: OstinatoConnection;
const workers: StandaloneProcess[] = [];

const journalOf = (server: string): string => join(dir, `${server}.log`);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-limits-'));
  [postgres, redis, temporal] = await Promise.all([startPostgres(), startRedis(), startTemporal()]);
  const server = (name: string, limits: object) => ({
    ...{ command: process.execPath, args: [SERVER, journalOf(name)] },
    ...{ effects: { look_up: 'read', do_work: 'non-idempotent' }, limits },
  });
  const mcpServers = { narrow: server('narrow', { maxInFlight: 2 }), wide: server('wide', {}) };
  const serversFile = join(dir, 'servers.json');
  await writeFile(serversFile, JSON.stringify({ mcpServers }));
  const limitsFile = join(dir, 'limits.yaml');
  await writeFile(limitsFile, 'default: {maxInFlight: 3}\n');
  const env = {
    DATABASE_URL: await postgres.createDatabase('limits'),
    REDIS_URL: redis.url,
    OSTINATO_LIMITS_FILE: limitsFile,
  };
  for (const name of ['one', 'other']) {
    const dataDir = join(dir, name);
    const { address: temporalAddress } = temporal;
    workers.push(await startStandaloneProcess({ dataDir, serversFile, temporalAddress, env }));
  }
  ostinato = await connectTo(temporal.address);
});

afterAll(async () => {
  await ostinato?.close();
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all([temporal?.stop(), redis?.stop(), postgres?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

/** Runs of four calls each, so that both workers have some. @returns the most at once */
async function mostAtOnce(server: string, tool: string): Promise<number> {
  await writeFile(journalOf(server), '');
  const runs = ['r1', 'r2', 'r3', 'r4'].map(async (run) => {
    const steps = [1, 2, 3, 4].map((at) => ({
      id: `s${at}`,
      tool: `${server}/${tool}`,
      args: { name: `${tool}-${run}-${at}`, ms: 150 },
    }));
    const handle = await runPlan(ostinato, { plan: { steps }, limits: { maxParallel: 4 } });
    return (await handle.result()).outcome;
  });
  expect(await Promise.all(runs)).toEqual(['completed', 'completed', 'completed', 'completed']);
  const lines = (await readFile(journalOf(server), 'utf8')).split('\n').filter(Boolean);
  expect(lines.filter((line) => line.startsWith('begin'))).toHaveLength(16);
  let now = 0;
  return lines.reduce((most, line) => {
    now += line.startsWith('begin') ? 1 : -1;
    return Math.max(most, now);
  }, 0);
}

describe('limits of calls, two workers', () => {
  it.each([
    ['narrow', 'look_up', 2],
    ['narrow', 'do_work', 2],
    ['wide', 'do_work', 3],
  ] as const)(
    '16 calls of %s/%s in four runs → never more than %i at once, each made once',
    async (server, tool, most) => {
      expect(await mostAtOnce(server, tool)).toBe(most);
    },
  );

  it('both workers → made calls, and count those they did not make as Tool.Limited', async () => {
    const metrics = await Promise.all(
      workers.map(async ({ apiUrl }) => (await fetch(`${apiUrl}/metrics`)).text()),
    );
    const counted = (text: string, outcome: string): number => {
      const pattern = new RegExp(
        `tool_call_duration_seconds_count\\{[^}]*outcome="${outcome}"[^}]*\\} (\\d+)`,
        'g',
      );
      return [...text.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    for (const text of metrics) expect(counted(text, 'ok')).toBeGreaterThan(0);
    expect(metrics.some((text) => counted(text, 'Tool.Limited') > 0)).toBe(true);
  });
});
