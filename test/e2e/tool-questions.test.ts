// Proves that what tools ask reaches a person at a terminal, and the answer the tool: a whole engine, and
// a real server in each of both protocol eras, whose journal says how often it was called.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OstinatoConnection, PendingInRun } from '../../client/index.ts';
import { listPending, runPlan } from '../../client/index.ts';
import { resultText } from '../../common/result-value.ts';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess, WHOLE_PROCESS_TIMEOUT_MS } from '../support/standalone.ts';
import { connectTo } from '../support/temporal.ts';
import { typeCommand } from '../support/type-command.ts';
import { waitFor } from '../support/wait-for.ts';

const SERVER = join(import.meta.dirname, '..', 'support', 'asking-server.mjs');
let dir: string;
let engine: StandaloneProcess;
let ostinato: OstinatoConnection;

const journalOf = (server: string): string => join(dir, `${server}.log`);
const type = (...argv: readonly string[]) => typeCommand(argv, { dataDir: join(dir, 'data') });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-questions-'));
  const server = (name: string, protocol: string) => ({
    ...{ command: process.execPath, args: [SERVER, journalOf(name)], protocol },
    effects: { book: 'non-idempotent' },
  });
  const mcpServers = { newer: server('newer', '2026-07-28'), older: server('older', '2025-11-25') };
  const serversFile = join(dir, 'servers.json');
  await writeFile(serversFile, JSON.stringify({ mcpServers }));
  engine = await startStandaloneProcess({ dataDir: join(dir, 'data'), serversFile });
  ostinato = await connectTo(engine.temporalAddress);
}, WHOLE_PROCESS_TIMEOUT_MS);

afterAll(async () => {
  await ostinato?.close();
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function questionOf(runId: string): Promise<PendingInRun> {
  let found: PendingInRun | undefined;
  await waitFor('the question', async () => {
    found = (await listPending(ostinato)).find((each) => each.runId === runId);
    return found !== undefined;
  });
  return found as PendingInRun;
}

describe('a tool that asks', () => {
  it.each(['newer', 'older'])(
    '%s era: listed with its form, a wrong answer refused, the right one brought to the tool',
    async (server) => {
      const steps = [{ id: 'book', tool: `${server}/book`, args: { city: 'Oslo' } }];
      const run = await runPlan(ostinato, { plan: { steps } });
      const { id } = await questionOf(run.runId);
      const listed = await type('approvals', 'list');
      expect(listed.out).toContain('"How many to Oslo?"');
      expect(listed.out).toContain('seats (integer, required)');
      const wrong = await type('approvals', 'answer', id, '--values', '{"seats": 10}');
      expect(wrong.code).not.toBe(0);
      expect(wrong.err).toContain('"seats" takes a whole number 1 to 9, and 10 is none');
      const right = await type('approvals', 'answer', id, '--values', '{"seats": 2}');
      expect(right).toMatchObject({ code: 0, err: '' });
      const result = await run.result();
      expect(result.outcome).toBe('completed');
      expect(Object.values(result.results).map(resultText)).toEqual([
        'booked {"window":true,"class":"second","seats":2}',
      ]);
      // Once to ask, once with the answer; the older server is called once, and repeats its tool itself.
      const lines = (await readFile(journalOf(server), 'utf8')).split('\n').filter(Boolean);
      expect(lines).toHaveLength(2);
    },
  );
});
