// Proves what resuming a batch calls again: real Temporal, real workflows, real database and tools,
// real HTTP. A step whose tool said no is called anew, what was done is not; and an agent that begins
// anew asks a person before it may do something twice.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import type { BatchAnswer } from '../../client/cli/api-types.ts';
import { batchHandle } from '../../client/batches.ts';
import { decide, listPending, runHandle } from '../../client/index.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

let dir: string;
let journal: string;
let engine: Engine;
let api: ReturnType<typeof createServer>;
let url: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-resume-'));
  journal = join(dir, 'journal.log');
  const server = join(import.meta.dirname, '..', 'support', 'moody-server.mjs');
  engine = await startEngine({
    moody: {
      command: process.execPath,
      args: [server, journal],
      effects: { '*': 'non-idempotent' },
    },
  });
  const { breakers } = engine.services.breakers;
  const services = { ...fakeServices(), ...engine.services, breakers };
  api = createServer({ ...services, connection: engine.ostinato });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await api?.close();
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(() => writeFile(journal, ''));

const done = async () => (await readFile(journal, 'utf8')).split('\n').filter(Boolean).toSorted();

async function post(path: string, body: unknown, type = 'application/json'): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const method = path.endsWith('/items') ? 'PUT' : 'POST';
  const headers = { 'content-type': type };
  return (await fetch(`${url}${path}`, { method, headers, body: text })).status;
}

async function start(batchId: string, batch: object): Promise<void> {
  expect(await post('/v1/batches', { batchId, ...batch })).toBe(202);
  const items = `/v1/batches/${batchId}/items`;
  expect(await post(items, `{"name":"${batchId}"}\n`, 'application/x-ndjson')).toBe(202);
}

async function ended(batchId: string): Promise<BatchAnswer> {
  return waitFor(`batch ${batchId} to end`, async () => {
    const response = await fetch(`${url}/v1/batches/${batchId}`);
    const batch = (await response.json()) as BatchAnswer;
    return batch.endedAtMs === null ? null : batch;
  });
}

async function resume(batchId: string): Promise<void> {
  expect(await post(`/v1/batches/${batchId}/resume`, {})).toBe(202);
}

/** Until the run of its one item waits. */
async function waits(batchId: string): Promise<void> {
  await waitFor(`batch ${batchId} to wait`, async () => {
    const item = runHandle(engine.ostinato, `${batchId}.0`);
    const progress = await item.progress().catch(() => null);
    return progress?.steps[0]?.state === 'running';
  });
}

const plan = {
  steps: [
    { id: 'first', tool: 'moody/note', args: { name: '${item.name}' } },
    { id: 'then', tool: 'moody/pay', args: { name: '${item.name}' }, after: ['first'] },
    { id: 'last', tool: 'moody/note', args: { name: 'after ${item.name}' }, after: ['then'] },
  ],
};

describe.each(['light', 'runs'] as const)('a batch whose tool said no, mode %s', (mode) => {
  it('resumed → that step is called anew, what was done before it is not, what follows is', async () => {
    const id = `plan-${mode}`;
    await start(id, { plan, mode });
    expect(await ended(id)).toMatchObject({ state: 'failed', counts: { failed: 1 } });
    expect(await done()).toEqual([`note ${id}`, `pay ${id}`]);
    await resume(id);
    expect(await ended(id)).toMatchObject({ state: 'completed', counts: { done: 1 } });
    expect(await done()).toEqual(
      [`note ${id}`, `note after ${id}`, `pay ${id}`, `pay ${id}`].toSorted(),
    );
  });
});

describe('a batch that says it has ended before its workflow has', () => {
  it('resumed → waits for the workflow, and goes on', async () => {
    const steps = [{ id: 'wait', waitFor: { signal: 'never' } }];
    await start('closing', { plan: { steps }, mode: 'runs' });
    const path = '/v1/batches/closing';
    await waits('closing');
    const { tenantId } = engine.ostinato.tenant;
    const end = { state: 'failed', endedAtMs: Date.now() } as const;
    await engine.services.batchStore.set(tenantId, 'closing', end);
    const resumed = post(`${path}/resume`, {});
    expect(await post(`${path}/cancel`, {})).toBe(202);
    expect(await resumed).toBe(202);
    await batchHandle(engine.ostinato, 'closing').cancel('It goes on.');
  });

  it('one that runs → is refused at once', async () => {
    const steps = [{ id: 'wait', waitFor: { signal: 'never' } }];
    await start('running', { plan: { steps }, mode: 'runs' });
    await waits('running');
    expect(await post('/v1/batches/running/resume', {})).toBe(409);
    expect(await post('/v1/batches/running/cancel', {})).toBe(202);
  });
});

describe('a step that runs a plan', () => {
  it('a tool in it said no → resumed, that one is called anew, and what was done before it is not', async () => {
    const name = '${args.name}';
    const below = [
      { id: 'first', tool: 'moody/note', args: { name } },
      { id: 'then', tool: 'moody/pay', args: { name }, after: ['first'] },
    ];
    const deep = { id: 'deep', args: { name }, plan: { steps: below } };
    const steps = [{ id: 'sub', args: { name: '${item.name}' }, plan: { steps: [deep] } }];
    await start('below', { plan: { steps }, mode: 'runs' });
    expect(await ended('below')).toMatchObject({ state: 'failed' });
    expect(await done()).toEqual(['note below', 'pay below']);
    await resume('below');
    expect(await ended('below')).toMatchObject({ state: 'completed' });
    expect(await done()).toEqual(['note below', 'pay below', 'pay below']);
  });
});

describe('an item that was undone', () => {
  it('resumed → what was undone is done again', async () => {
    const [first, ...others] = plan.steps;
    const undo = { tool: 'moody/note', args: { name: 'never mind ${item.name}' } };
    const undoable = { steps: [{ ...first, undo }, ...others] };
    await start('undone', { plan: undoable, mode: 'runs', policy: { rollback: true } });
    expect((await ended('undone')).state).toBe('failed');
    expect(await done()).toEqual(['note never mind undone', 'note undone', 'pay undone']);
    await resume('undone');
    expect((await ended('undone')).state).toBe('completed');
    expect((await done()).filter((line) => line === 'note undone')).toHaveLength(2);
  });
});

describe('an agent whose item begins anew', () => {
  const goal = 'Pay the invoice "${item.name}"';

  it('resumed → a person is asked before it may pay twice; denied, it does not', async () => {
    await start('agent-no', { goal });
    expect(await ended('agent-no')).toMatchObject({ state: 'failed' });
    expect(await done()).toEqual(['pay agent-no']);
    await resume('agent-no');
    const asked = await pendingOf('agent-no');
    expect(asked).toMatchObject({
      tool: 'moody/pay',
      reason: expect.stringContaining('may have done this already') as string,
    });
    expect(await done()).toEqual(['pay agent-no']);
    await decide(engine.ostinato, asked.id, { verdict: 'deny', reason: 'It was paid by hand.' });
    expect(await ended('agent-no')).toMatchObject({ state: 'failed' });
    expect(await done()).toEqual(['pay agent-no']);
  });

  it('resumed and approved → it pays once more', async () => {
    await start('agent-yes', { goal });
    expect(await ended('agent-yes')).toMatchObject({ state: 'failed' });
    await resume('agent-yes');
    const asked = await pendingOf('agent-yes');
    await decide(engine.ostinato, asked.id, { verdict: 'approve' });
    expect(await ended('agent-yes')).toMatchObject({ state: 'completed' });
    expect(await done()).toEqual(['pay agent-yes', 'pay agent-yes']);
  });
});

function pendingOf(batchId: string) {
  return waitFor('a person to be asked', async () => {
    const all = await listPending(engine.ostinato);
    return all.find(({ id }) => id.startsWith(`${batchId}.`)) ?? null;
  });
}
