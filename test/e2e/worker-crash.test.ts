// Proves the promise of the whole thing: a worker killed in the middle of a run loses nothing. The
// tools write to a journal of their own, and the journal is the judge.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { connectTo, startTemporal } from '../support/temporal.ts';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess } from '../support/standalone.ts';
import { waitFor } from '../support/wait-for.ts';

let dir: string;
let temporal: TemporalServer;
let ostinato: OstinatoConnection;
let journal: string;
let running: StandaloneProcess | null = null;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-crash-'));
  journal = join(dir, 'journal.log');
  await writeFile(journal, '');
  const server = join(import.meta.dirname, '..', 'support', 'work-server.mjs');
  const servers = {
    mcpServers: {
      work: {
        command: process.execPath,
        args: [server, journal],
        effects: { look_up: 'read' },
      },
    },
  };
  await writeFile(join(dir, 'servers.json'), JSON.stringify(servers));
  temporal = await startTemporal();
  ostinato = await connectTo(temporal.address);
});

afterAll(async () => {
  await running?.stop();
  await ostinato?.close();
  await temporal?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(): Promise<StandaloneProcess> {
  running = await startStandaloneProcess({
    dataDir: join(dir, 'data'),
    serversFile: join(dir, 'servers.json'),
    temporalAddress: temporal.address,
  });
  return running;
}

async function journalLines(): Promise<string[]> {
  return (await readFile(journal, 'utf8')).split('\n').filter(Boolean);
}

describe('kill -9 of the worker in the middle of a run', () => {
  it('steps done, one read in flight → a new worker finishes it, nothing done is done again', async () => {
    const first = await start();
    const run = await runPlan(ostinato, {
      plan: {
        steps: [
          { id: 'a', tool: 'work/do_work', args: { name: 'a' } },
          { id: 'b', tool: 'work/do_work', args: { name: 'b' } },
          { id: 'c', tool: 'work/look_up', args: { name: 'c-${a.name}', ms: 3_000 } },
          { id: 'd', tool: 'work/do_work', args: { name: 'd-${c.name}' }, after: ['b'] },
        ],
      },
    });
    await waitFor('step c to be in the tool', async () => {
      return (await journalLines()).includes('begin c-a') && (await run.progress()).steps[1];
    });
    await waitFor('steps a and b to be done', async () => {
      const { steps } = await run.progress();
      return steps.filter(({ state }) => state === 'done').length === 2;
    });
    await first.kill();
    await start();
    const result = await run.result();
    expect(result.outcome).toBe('completed');
    const lines = await journalLines();
    for (const name of ['a', 'b', 'd-c-a']) {
      expect(lines.filter((line) => line === `begin ${name}`)).toHaveLength(1);
      expect(lines.filter((line) => line === `end ${name}`)).toHaveLength(1);
    }
    expect(lines.filter((line) => line === 'begin c-a').length).toBeGreaterThanOrEqual(1);
    expect(lines.filter((line) => line === 'end c-a').length).toBeGreaterThanOrEqual(1);
  }, 300_000);

  it('a call that must not be repeated in flight → not sent again, its outcome is said to be unknown', async () => {
    const first = running ?? (await start());
    const run = await runPlan(ostinato, {
      plan: {
        steps: [
          { id: 'once', tool: 'work/do_work', args: { name: 'once', ms: 60_000 } },
          { id: 'free', tool: 'work/look_up', args: { name: 'free' } },
        ],
      },
    });
    await waitFor('the call to be in the tool', async () =>
      (await journalLines()).includes('begin once'),
    );
    await first.kill();
    await start();
    const result = await run.result();
    expect(result.outcome).toBe('failed');
    expect(result.reason).toMatch(/may or may not have acted/);
    const lines = await journalLines();
    expect(lines.filter((line) => line === 'begin once')).toHaveLength(1);
  }, 300_000);
});
