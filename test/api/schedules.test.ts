// Proves schedules from the outside: real Temporal, its real schedules, real workflows, fake
// activities; by HTTP and by the command line.
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import { createServer } from '../../api/server.ts';
import type { OstinatoConnection, ScheduleView } from '../../client/index.ts';
import { listRuns, runHandle, scheduleHandle } from '../../client/index.ts';
import type { CloseBatchInput, OpenBatchInput } from '../../common/batch.ts';
import { NO_COUNTS } from '../../common/batch-counts.ts';
import { NO_USAGE } from '../../common/add-usage.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import type { Typed } from '../support/type-command.ts';
import { typeCommand } from '../support/type-command.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

let dir: string;
let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let api: ReturnType<typeof createServer>;
let url: string;
const opened: OpenBatchInput[] = [];
const closed: CloseBatchInput[] = [];

const activities = {
  callTool: async () => textResult('done'),
  checkPlan: async () => plan(step('checked')),
  planGoal: async (input) => ({
    planner: { kind: 'offline', provider: null, model: null },
    conversation: { ...input.conversation, headVersion: 1 },
    usage: NO_USAGE,
    toolsConsidered: [],
    kind: 'answer',
    answer: input.goal,
  }),
  openBatch: async (input) => {
    opened.push(input);
    return { total: 0, mode: 'light', problem: null };
  },
  closeBatch: async (input) => {
    closed.push(input);
    return { outcome: 'completed', reason: null, total: 0, problems: [], wallMs: 1, ...NO_COUNTS };
  },
} satisfies WorkerActivities;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-schedules-'));
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
  api = createServer({ ...fakeServices(), connection: ostinato });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await api?.close();
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function ask<Answer>(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Answer };
}

async function started(id: string, count: number): Promise<ScheduleView> {
  return waitFor(`schedule ${id} to have started ${count}`, async () => {
    const view = await scheduleHandle(ostinato, id).describe();
    return view.startsMade >= count ? view : null;
  });
}

const NEVER_SOON = { cron: '0 2 1 1 *', timeZone: 'Europe/Berlin' };

describe('schedules by the API', () => {
  it('an agent → made with its settings, triggered, and its run can be read under its id', async () => {
    const made = await ask<ScheduleView>('POST', '/v1/schedules', {
      ...{ scheduleId: 'nightly', ...NEVER_SOON, overlap: 'buffer-one', jitterMs: 5_000 },
      ...{ catchupWindowMs: 60_000, note: 'for the report' },
      run: { agent: 'reporter', goal: 'Say hello' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...{ scheduleId: 'nightly', kind: 'agent', agent: 'reporter', summary: 'Say hello' },
      ...{ ...NEVER_SOON, overlap: 'buffer-one', jitterMs: 5_000, catchupWindowMs: 60_000 },
      ...{ paused: false, note: 'for the report', startsMade: 0, recent: [], running: [] },
    });
    const [next = 0] = made.body.nextAtMs;
    // Two o'clock in Berlin in winter, put off by the jitter.
    expect(new Date(next).toISOString()).toMatch(/^20\d\d-01-01T01:00:0/);
    expect((await ask('POST', '/v1/schedules/nightly/trigger', {})).status).toBe(200);
    const { recent } = await started('nightly', 1);
    await runHandle(ostinato, recent[0]?.id ?? '').result();
    const run = await ask('GET', `/v1/runs/${recent[0]?.id}`);
    expect(run.body).toMatchObject({
      ...{ kind: 'agent', agent: 'reporter', status: 'completed', outcome: 'answered' },
      result: { answer: 'Say hello' },
    });
    await waitFor('the run to be listed', async () => {
      const runs = await listRuns(ostinato, { agent: 'reporter' });
      return runs.length === 1;
    });
  });

  it('pause, resume, backfill → each does what it says; a span of three days → three starts', async () => {
    const plan = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const request = { scheduleId: 'daily', cron: '0 2 * * *', paused: true, plan: { plan } };
    expect(await ask('POST', '/v1/schedules', request)).toMatchObject({
      status: 201,
      body: { kind: 'plan', paused: true, timeZone: 'UTC', overlap: 'skip' },
    });
    const resumed = await ask('POST', '/v1/schedules/daily/resume', { note: 'go' });
    expect(resumed.body).toMatchObject({ paused: false, note: 'go' });
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T23:00:00Z' };
    expect((await ask('POST', '/v1/schedules/daily/backfill', span)).status).toBe(200);
    const { recent } = await started('daily', 3);
    expect(recent.map(({ dueAtMs }) => new Date(dueAtMs).toISOString())).toEqual([
      '2026-01-01T02:00:00.000Z',
      '2026-01-02T02:00:00.000Z',
      '2026-01-03T02:00:00.000Z',
    ]);
    const paused = await ask('POST', '/v1/schedules/daily/pause', { note: 'moving' });
    expect(paused.body).toMatchObject({ paused: true, note: 'moving' });
    // Not the note that Temporal's SDK would leave.
    const again = await ask('POST', '/v1/schedules/daily/resume');
    expect(again.body).toMatchObject({ paused: false, note: 'Resumed' });
  });

  it('a batch → each start reads the file anew and is a batch of its own', async () => {
    const batch = { goal: 'Read ${item.name}', url: 'https://example.com/items.jsonl' };
    const made = await ask('POST', '/v1/schedules', { scheduleId: 'orders', ...NEVER_SOON, batch });
    expect(made).toMatchObject({ status: 201, body: { kind: 'batch', summary: batch.goal } });
    await scheduleHandle(ostinato, 'orders').trigger();
    const { recent } = await started('orders', 1);
    await waitFor('the batch to have ended', () => closed.length === 1);
    expect(opened).toHaveLength(1);
    expect(opened[0]).toMatchObject({
      batchId: recent[0]?.id,
      source: { kind: 'url', url: batch.url },
      work: { kind: 'goal', goal: batch.goal },
    });
    expect(recent[0]?.id).toMatch(/^orders-20/);
    expect(closed[0]?.batchId).toBe(recent[0]?.id);
  });

  it('the list → all by name; deleted → gone', async () => {
    await waitFor('the schedules to be listed', async () => {
      const { body } = await ask<{ schedules: ScheduleView[] }>('GET', '/v1/schedules');
      return body.schedules.map(({ scheduleId }) => scheduleId).join() === 'daily,nightly,orders';
    });
    expect((await ask('DELETE', '/v1/schedules/orders')).status).toBe(204);
    expect((await ask('GET', '/v1/schedules/orders')).status).toBe(404);
    expect((await ask('POST', '/v1/schedules/orders/trigger', {})).status).toBe(404);
  });

  it('a name twice, a wrong cron, zone or span → refused with field and value', async () => {
    const run = { goal: 'x' };
    const again = { scheduleId: 'nightly', ...NEVER_SOON, run };
    expect((await ask('POST', '/v1/schedules', again)).status).toBe(409);
    const wrong = { scheduleId: 'wrong', cron: '99 * * * *', timeZone: 'Mars/Base', run };
    const answer = await ask<{ error: { problems: object[] } }>('POST', '/v1/schedules', wrong);
    expect(answer.status).toBe(400);
    expect(answer.body.error.problems).toEqual([
      { path: 'cron', message: expect.stringContaining('has "99" as minute') as string },
      { path: 'timeZone', message: expect.stringContaining('"Mars/Base" is no IANA') as string },
    ]);
    const span = { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' };
    expect((await ask('POST', '/v1/schedules/daily/backfill', span)).status).toBe(400);
  });
});

describe('ostinato schedules', () => {
  function cli(...args: readonly string[]): Promise<Typed> {
    return typeCommand(['schedules', ...args, '--temporal', temporal.address], { dataDir: dir });
  }

  it('create, show, list, pause, backfill, delete → for people and as JSON', async () => {
    const file = join(dir, 'plan.json');
    await writeFile(file, JSON.stringify({ steps: [{ id: 'a', tool: 'fake/tool' }] }));
    const timing = ['--cron', '@daily', '--zone', 'UTC', '--overlap', 'allow-all'];
    const made = await cli('create', 'cli', ...timing, '--plan', file, '--jitter', '60');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain('When         @daily (UTC), put off by up to');
    expect(made.out).toContain('Starts       plan 1 step: fake/tool');
    const span = ['--from', '2026-01-01T12:00:00Z', '--to', '2026-01-02T12:00:00Z'];
    expect((await cli('backfill', 'cli', ...span)).code).toBe(0);
    await started('cli', 1);
    const shown = await cli('show', 'cli', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ overlap: 'allow-all', startsMade: 1 });
    expect((await cli('pause', 'cli', '--note', 'later')).out).toContain('paused');
    await waitFor('it to be listed', async () => /cli\s+@daily/.test((await cli('list')).out));
    expect((await cli('delete', 'cli')).out).toBe('Schedule cli is deleted.\n');
    expect(await cli('show', 'cli')).toMatchObject({
      code: 1,
      err: 'ostinato: There is no schedule "cli". List them with "ostinato schedules list".\n',
    });
  });

  it('wrong use → exit code 2, saying what is wrong', async () => {
    const wrong = await cli('create', 'x', '--cron', '* * *', '--goal', 'g', '--zone', 'Nowhere');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/cron "\* \* \*" has 3 fields.*timeZone "Nowhere" is no IANA/s);
    expect((await cli('create', 'x', '--cron', '@daily')).err).toContain('--goal TEXT or --plan');
    expect((await cli('create', 'x', '--goal', 'g')).code).toBe(2);
  });
});
