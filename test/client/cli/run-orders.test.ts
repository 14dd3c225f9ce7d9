// Proves what people do to a run from outside, by the command line and by HTTP: decide on a call of a
// run below it, send a signal, pause, resume. Real Temporal, workflows, database, tools and HTTP.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../api/server.ts';
import { getRun } from '../../../client/index.ts';
import type { PendingDecision } from '../../../common/approval.ts';
import { fakeServices } from '../../api/support/fake-services.ts';
import type { Engine } from '../../support/engine.ts';
import { startEngine } from '../../support/engine.ts';
import type { Typed } from '../../support/type-command.ts';
import { typeCommand } from '../../support/type-command.ts';
import { waitFor } from '../../support/wait-for.ts';

let dir: string;
let engine: Engine;
let api: ReturnType<typeof createServer>;
let url: string;
let runs = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-orders-'));
  const server = join(import.meta.dirname, '..', '..', 'support', 'work-server.mjs');
  await writeFile(join(dir, 'journal.log'), '');
  engine = await startEngine({
    work: {
      command: process.execPath,
      args: [server, join(dir, 'journal.log')],
      effects: { look_up: 'read', do_work: 'non-idempotent' },
    },
  });
  api = createServer({
    ...fakeServices(),
    ...engine.services,
    breakers: engine.services.breakers.breakers,
    connection: engine.ostinato,
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await api?.close();
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

function cli(...args: readonly string[]): Promise<Typed> {
  return typeCommand([...args, '--api', url, '--temporal', engine.temporalAddress], {
    dataDir: dir,
  });
}

async function post(path: string, body?: unknown): Promise<number> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return response.status;
}

async function start(steps: readonly object[], ...flags: readonly string[]): Promise<string> {
  runs += 1;
  const id = `ordered-${runs}`;
  const plan = join(dir, `${id}.json`);
  await writeFile(plan, JSON.stringify({ steps }));
  const started = await cli('run', '--plan', plan, '--run-id', id, '--detach', ...flags);
  expect(started).toMatchObject({ code: 0, err: '' });
  return id;
}

async function ended(runId: string) {
  return waitFor(`run ${runId} to end`, async () => {
    const run = await getRun(engine.ostinato, runId);
    return run.status === 'running' ? null : run;
  });
}

async function stepOf(runId: string, stepId: string) {
  const { progress } = await getRun(engine.ostinato, runId);
  return progress?.steps.find(({ id }) => id === stepId) ?? null;
}

async function pendingOf(runId: string): Promise<PendingDecision> {
  return waitFor(`a call below ${runId} to wait`, async () => {
    const listed = JSON.parse((await cli('approvals', 'list', '--json')).out) as PendingDecision[];
    return listed.find(({ id }) => id.startsWith(`${runId}.`)) ?? null;
  });
}

const below = (name: string) => ({
  id: 'sub',
  plan: { steps: [{ id: 'act', tool: 'work/do_work', args: { name: '${args.name}' } }] },
  args: { name },
});

describe('a call of a run below', () => {
  it('approved by the command line, with other arguments → called with those', async () => {
    const runId = await start([below('one')], '--ask', 'work/do_work');
    const { id } = await pendingOf(runId);
    expect(id).toBe(`${runId}.sub~act~1`);
    const wrong = await cli('approvals', 'approve', id, '--args', '{"nome": 1}');
    expect(wrong).toMatchObject({ code: 1 });
    const approved = await cli('approvals', 'approve', id, '--args', '{"name": "edited"}');
    expect(approved).toMatchObject({ code: 0, err: '' });
    const run = await ended(runId);
    expect(run.result).toMatchObject({ outcome: 'completed' });
    expect(JSON.stringify(run.result)).toContain('edited');
    expect((await cli('approvals', 'approve', id)).code).not.toBe(0);
  });

  it('denied by HTTP → its step fails with the reason, and so does the plan', async () => {
    const runId = await start([below('two')], '--ask', 'work/do_work');
    const { id } = await pendingOf(runId);
    expect(await post(`/v1/approvals/${id}`, { verdict: 'deny', reason: 'not today' })).toBe(200);
    const run = await ended(runId);
    expect(run.result).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(run.result)).toContain('not today');
    expect(await post(`/v1/approvals/${id}`, { verdict: 'approve' })).not.toBe(200);
  });
});

describe('calls whose end nobody knows', () => {
  const long = [
    { id: 'act', tool: 'work/do_work', args: { name: 'long', ms: 600_000 }, timeoutMs: 600_000 },
    { id: 'use', tool: 'work/look_up', args: { name: '${act.$text}' } },
  ];
  const begun = async (): Promise<number> => {
    const lines = (await readFile(join(dir, 'journal.log'), 'utf8')).split('\n');
    return lines.filter((line) => line === 'begin long').length;
  };

  /** Ends the tools' server, by the file that it alone was started with. */
  async function killTools(): Promise<void> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.split('\0').includes(join(dir, 'journal.log'))) process.kill(Number(pid));
    }
  }

  it('listed; retry sends again, done gives the answer, abort fails the step; a second decision is refused', async () => {
    const runIds: string[] = [];
    for (let at = 0; at < 3; at += 1) runIds.push(await start(long, '--on-unknown', 'ask'));
    const [again = '', acted = '', given = ''] = runIds;
    await waitFor('three calls', async () => (await begun()) === 3);
    await killTools();
    const listed = await waitFor('three calls in the list', async () => {
      const { out } = await cli('effects', 'list', '--json');
      const found = JSON.parse(out) as { readonly key: string; readonly tool: string }[];
      return found.length === 3 ? found : null;
    });
    const keyOf = (runId: string): string =>
      listed.find(({ key }) => key.includes(`run:${runId}/`))?.key ?? '';
    expect((await cli('effects', 'list')).out).toContain(`${keyOf(acted)}\n  work/do_work`);

    const done = await cli('effects', 'done', keyOf(acted), '--result', 'no. 17');
    expect(done).toMatchObject({ code: 0, out: `Decided on ${keyOf(acted)}. Its run goes on.\n` });
    const { result } = await ended(acted);
    expect(result).toMatchObject({ outcome: 'completed' });
    expect(JSON.stringify(result)).toContain('did no. 17');
    expect((await cli('effects', 'abort', keyOf(acted))).code).not.toBe(0);

    expect((await cli('effects', 'abort', keyOf(given))).code).toBe(0);
    expect((await ended(given)).result).toMatchObject({ outcome: 'failed' });
    expect(await begun()).toBe(3);

    expect((await cli('effects', 'retry', keyOf(again))).code).toBe(0);
    await waitFor('the call to be sent again', async () => (await begun()) === 4);
    await cli('runs', 'cancel', again);
    expect((await ended(again)).result).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('orders', () => {
  const waiting = [
    { id: 'go', waitFor: { signal: 'go' } },
    { id: 'look', tool: 'work/look_up', args: { name: '${go.name}' }, after: ['go'] },
  ];

  it('signal by the command line and by HTTP → what comes with it is the answer', async () => {
    const byCli = await start(waiting);
    const payload = ['--payload', '{"name": "by-cli"}'];
    expect(await cli('runs', 'signal', byCli, 'go', ...payload)).toMatchObject({ code: 0 });
    expect(JSON.stringify((await ended(byCli)).result)).toContain('by-cli');
    const byHttp = await start(waiting);
    expect(await post(`/v1/runs/${byHttp}/signals/go`, { name: 'by-http' })).toBe(202);
    expect(JSON.stringify((await ended(byHttp)).result)).toContain('by-http');
    expect(await post(`/v1/runs/${byHttp}/signals/go`, {})).toBe(409);
    expect((await cli('runs', 'signal', byHttp, 'go')).code).not.toBe(0);
  });

  it('paused → nothing starts; resumed → it ends; a plan cannot be told anything', async () => {
    const runId = await start(waiting);
    await waitFor('the wait', async () => (await stepOf(runId, 'go'))?.state === 'running');
    expect(await cli('runs', 'pause', runId)).toMatchObject({ code: 0, err: '' });
    expect((await cli('runs', 'pause', runId)).err).toContain('paused already');
    await cli('runs', 'signal', runId, 'go', '--payload', '{"name": "late"}');
    await waitFor(
      'the signal to be taken',
      async () => (await stepOf(runId, 'go'))?.state === 'done',
    );
    expect(await stepOf(runId, 'look')).toMatchObject({ state: 'waiting' });
    expect((await cli('runs', 'tell', runId, 'hello')).err).toContain('no planner');
    expect(await cli('runs', 'resume', runId)).toMatchObject({ code: 0, err: '' });
    expect((await ended(runId)).result).toMatchObject({ outcome: 'completed' });
  });

  it('--explain → why steps wait, and which decided when it ended', async () => {
    const plan = join(dir, 'explained.json');
    const steps = [
      { id: 'a', tool: 'work/look_up', args: { name: 'a' } },
      { id: 'b', tool: 'work/look_up', args: { name: '${a.name}' } },
    ];
    await writeFile(plan, JSON.stringify({ steps }));
    const { code, out } = await cli('run', '--plan', plan, '--explain');
    expect(code).toBe(0);
    expect(out).toContain('waits for a: argument "name" takes "name"');
    expect(out).toMatch(/Longest way {2}a \([^)]*\) → b \([^)]*\), .* in all/);
  });
});
