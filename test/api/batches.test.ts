// Proves batches from the outside: real Temporal, real workflows, real database and tools, real HTTP.
// The tool's own journal says what was done, and how often.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createFileServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { runCli } from '../../client/cli/run-cli.ts';
import type { BatchAnswer } from '../../client/cli/api-types.ts';
import { batchHandle, listRuns, uploadBatch } from '../../client/index.ts';
import type { WrittenPlan } from '../../client/index.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

const SUPPORT = join(import.meta.dirname, '..', 'support');

let dir: string;
let journal: string;
let engine: Engine;
let api: ReturnType<typeof createServer>;
let url: string;
let batches = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-batches-'));
  journal = join(dir, 'journal.log');
  await writeFile(journal, '');
  engine = await startEngine(
    {
      work: {
        command: process.execPath,
        args: [join(SUPPORT, 'work-server.mjs'), journal],
        effects: { look_up: 'read', do_work: 'non-idempotent' },
      },
    },
    { OSTINATO_ALLOW_PRIVATE_URLS: 'true' },
  );
  const { breakers } = engine.services.breakers;
  api = createServer({
    ...fakeServices(),
    ...engine.services,
    breakers,
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

function newId(): string {
  batches += 1;
  return `b${batches}`;
}

const doWork: WrittenPlan = {
  steps: [
    { id: 'find', tool: 'work/look_up', args: { name: 'find-${item.name}' } },
    { id: 'act', tool: 'work/do_work', args: { name: '${item.name}-${find.name}' } },
  ],
};

async function ask<Answer>(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Answer }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const LINES = { 'content-type': 'application/x-ndjson' };

async function start(batch: object, lines: string): Promise<string> {
  const batchId = newId();
  const made = await ask('POST', '/v1/batches', { batchId, ...batch });
  expect(made).toMatchObject({ status: 202, body: { batchId, state: 'collecting' } });
  const put = await ask('PUT', `/v1/batches/${batchId}/items`, lines, LINES);
  expect(put.status).toBe(202);
  return batchId;
}

async function ended(batchId: string): Promise<BatchAnswer> {
  return waitFor(`batch ${batchId} to end`, async () => {
    const { body } = await ask<BatchAnswer>('GET', `/v1/batches/${batchId}`);
    return body.state === 'running' || body.state === 'collecting' ? null : body;
  });
}

async function resultsOf(batchId: string, query = ''): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${url}/v1/batches/${batchId}/results${query}`);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  const lines = (await response.text()).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function began(name: string): Promise<number> {
  const lines = (await readFile(journal, 'utf8')).split('\n');
  return lines.filter((line) => line === `begin ${name}`).length;
}

function named(prefix: string, count: number): string {
  const items = Array.from({ length: count }, (_, at) => `{"name":"${prefix}${at}"}\n`);
  return items.join('');
}

describe.each(['light', 'runs'] as const)('a batch, mode %s', (mode) => {
  it('a broken line and an item that does not fit → reported as failed, the rest is done once each', async () => {
    const lines = `${named(`${mode}-`, 30)}{broken\n{"title":"no name"}\n`;
    const id = await start({ plan: doWork, mode, concurrency: 7 }, lines);
    const batch = await ended(id);
    expect(batch).toMatchObject({
      state: 'partial',
      mode,
      total: 32,
      counts: { done: 30, failed: 2, cancelled: 0, waiting: 0 },
      reason: '2 of 32 items failed.',
    });
    expect(batch.problems.map(({ items, example }) => `${items} ${example}`).sort()).toEqual([
      expect.stringMatching(/^1 Line 31 is not JSON/),
      '1 The item has no "name": it has title.',
    ]);
    const results = await resultsOf(id);
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 32 }, (_, at) => at));
    expect(results[3]).toMatchObject({
      line: 4,
      state: 'done',
      problem: null,
      item: { name: `${mode}-3` },
      runId: mode === 'runs' ? `${id}.3` : null,
      result: {
        outcome: 'completed',
        results: { find: { structured: { name: `find-${mode}-3` } } },
      },
    });
    expect(await resultsOf(id, '?state=failed')).toHaveLength(2);
    for (let at = 0; at < 30; at += 1) {
      expect(await began(`${mode}-${at}-find-${mode}-${at}`)).toBe(1);
    }
    const progress = await batchHandle(engine.ostinato, id).progress();
    expect(progress).toMatchObject({ phase: 'ended', total: 32, done: 30, failed: 2, mode });
    const again = await ask('POST', `/v1/batches/${id}/resume`);
    expect(again.status).toBe(202);
    expect((await ended(id)).counts).toMatchObject({ done: 30, failed: 2 });
    expect(await began(`${mode}-0-find-${mode}-0`)).toBe(1);
  });

  it('concurrency 3 → a window of three over the items, never more', async () => {
    const plan: WrittenPlan = {
      steps: [{ id: 'a', tool: 'work/look_up', args: { name: '${item.name}', ms: 100 } }],
    };
    const id = await start({ plan, mode, concurrency: 3 }, named(`window-${mode}-`, 9));
    expect((await ended(id)).counts).toMatchObject({ done: 9 });
    const lines = (await readFile(journal, 'utf8')).split('\n');
    let inFlight = 0;
    const seen = lines
      .filter((line) => line.includes(`window-${mode}-`))
      .map((line) => (inFlight += line.startsWith('begin') ? 1 : -1));
    expect(seen).toHaveLength(18);
    expect(Math.max(...seen)).toBeLessThanOrEqual(3);
    expect(Math.max(...seen)).toBeGreaterThan(1);
  });

  it('ratePerSecond 4 → six items take a second and a quarter at least', async () => {
    const plan: WrittenPlan = {
      steps: [{ id: 'a', tool: 'work/look_up', args: { name: '${item.name}' } }],
    };
    const settings = { plan, mode, concurrency: 6, ratePerSecond: 4 };
    const id = await start(settings, named(`paced-${mode}-`, 6));
    expect((await ended(id)).counts).toMatchObject({ done: 6 });
    const ends = (await resultsOf(id)).map(({ endedAtMs }) => Number(endedAtMs));
    const { startedAtMs } = await batchHandle(engine.ostinato, id).progress();
    expect(Math.max(...ends) - startedAtMs).toBeGreaterThanOrEqual(1_250);
  });

  it('cancelled, then resumed → the rest is done, nothing done is done again', async () => {
    const plan: WrittenPlan = {
      steps: [
        { id: 'act', tool: 'work/do_work', args: { name: 'act-${item.name}' } },
        {
          id: 'slow',
          tool: 'work/look_up',
          args: { name: 'slow-${item.name}', ms: '${item.ms}' },
          after: ['act'],
        },
      ],
    };
    const item = (at: number, ms: number) => JSON.stringify({ name: `${mode}-c${at}`, ms });
    const lines = [0, 1, 2, 3, 4, 5].map((at) => item(at, at < 2 ? 0 : 1_500)).join('\n');
    const id = await start({ plan, mode, concurrency: 4 }, lines);
    await waitFor(
      'an item to be in its slow step',
      async () => (await began(`slow-${mode}-c3`)) > 0,
    );
    expect(await ask('POST', `/v1/batches/${id}/cancel`, { reason: 'enough' })).toMatchObject({
      status: 202,
    });
    const batch = await ended(id);
    expect(batch).toMatchObject({ state: 'cancelled', reason: 'enough' });
    expect(batch.counts.cancelled).toBeGreaterThan(0);
    expect((await ask('POST', `/v1/batches/${id}/cancel`)).status).toBe(409);
    expect((await ask('POST', `/v1/batches/${id}/resume`)).status).toBe(202);
    expect(await ended(id)).toMatchObject({ state: 'completed', counts: { done: 6 } });
    for (let at = 0; at < 6; at += 1) expect(await began(`act-${mode}-c${at}`)).toBe(1);
    expect((await ask('POST', `/v1/batches/${id}/resume`)).status).toBe(409);
  });
});

describe('runs of a batch', () => {
  it('mode runs → each item is a run that can be read; lists of runs hold no batch', async () => {
    const id = await start({ plan: doWork, mode: 'runs', agent: 'nightly' }, named('listed-', 2));
    await ended(id);
    const runs = await waitFor('both runs to be listed', async () => {
      const found = await listRuns(engine.ostinato, { agent: 'nightly' });
      return found.length === 2 ? found : null;
    });
    expect(runs.map(({ runId }) => runId).sort()).toEqual([`${id}.0`, `${id}.1`]);
    expect(runs.every(({ kind, outcome }) => kind === 'plan' && outcome === 'completed')).toBe(
      true,
    );
  });

  it('a goal for each item → an agent each, which fails or answers for itself', async () => {
    const id = await start({ goal: 'Say "${item.word}"', concurrency: 2 }, '{"word":"a"}\n{}\n');
    const batch = await ended(id);
    expect(batch).toMatchObject({ mode: 'runs', total: 2 });
    const results = await resultsOf(id);
    expect(results[1]).toMatchObject({ problem: expect.stringContaining('no "word"') as string });
    expect(results[0]).toMatchObject({
      runId: `${id}.0`,
      result: { planner: { kind: 'offline' } },
    });
  });
});

describe('items behind a URL', () => {
  it('the item in a condition → decides for each; one without a list of its own is refused', async () => {
    const plan: WrittenPlan = {
      steps: [
        { id: 'find', tool: 'work/look_up', args: { name: 'when-${item.name}' } },
        {
          id: 'act',
          tool: 'work/do_work',
          args: { name: 'when-${item.name}' },
          when: { value: '${item.wanted}', equals: true },
        },
      ],
    };
    const lines = [true, false].map((wanted, at) => JSON.stringify({ name: `w${at}`, wanted }));
    const batchId = await start({ plan }, lines.join('\n'));
    expect((await ended(batchId)).counts).toMatchObject({ done: 2 });
    const results = await resultsOf(batchId);
    const acted = results.map(({ result }) => {
      const { steps } = result as { steps: { id: string; state: string }[] };
      return steps.find(({ id }) => id === 'act')?.state;
    });
    expect(acted).toEqual(['done', 'skipped']);
  });

  it('followed as events → each change once, and the end', async () => {
    const batchId = await start({ plan: doWork }, '{"name":"ev1"}\n{"name":"ev2"}');
    const response = await fetch(`${url}/v1/batches/${batchId}/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    const events = [...text.matchAll(/^event: batch\ndata: (.*)$/gm)].map(
      ([, data]) => JSON.parse(data ?? '') as BatchAnswer,
    );
    expect(events.at(-1)).toMatchObject({ state: 'completed', counts: { done: 2 } });
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length);
    expect((await ask('GET', '/v1/batches/none/events')).status).toBe(404);
  });

  it('uploaded by the client library → streamed, and its broken line told', async () => {
    async function* lines(): AsyncGenerator<Uint8Array> {
      for (const line of ['{"name":"up1"}', '{"name":', '{"name":"up2"}']) {
        await new Promise((resolve) => setImmediate(resolve));
        yield Buffer.from(`${line}\n`);
      }
    }
    const batchId = newId();
    const request = { batchId, plan: doWork };
    const uploaded = await uploadBatch({ url }, request, lines());
    expect(uploaded).toEqual({ batchId, total: 3, broken: 1 });
    expect((await ended(batchId)).counts).toMatchObject({ done: 2, failed: 1 });
    await expect(uploadBatch({ url }, request, lines())).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(uploadBatch({ url }, { goal: '' }, lines())).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(
      uploadBatch({ url: 'http://127.0.0.1:1' }, request, lines()),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a file → read by the batch itself; one that is not there → the batch says so', async () => {
    const server = createFileServer((request, response) => {
      response.writeHead(request.url === '/items.jsonl' ? 200 : 404).end(named('url-', 3));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const [good, bad] = [newId(), newId()];
      const source = { plan: doWork, url: `${origin}/items.jsonl` };
      expect((await ask('POST', '/v1/batches', { batchId: good, ...source })).status).toBe(202);
      await ask('POST', '/v1/batches', { ...source, batchId: bad, url: `${origin}/other` });
      expect(await ended(good)).toMatchObject({ state: 'completed', counts: { done: 3 } });
      expect(await ended(bad)).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('it answered 404') as string,
      });
    } finally {
      server.close();
    }
  });
});

describe('what is refused', () => {
  it('a plan that no item fits → the batch fails with every problem', async () => {
    const plan = { steps: [{ id: 'a', tool: 'work/nothing', args: { name: '${item.name}' } }] };
    const batch = await ended(await start({ plan }, named('x', 2)));
    expect(batch).toMatchObject({ state: 'failed', counts: { failed: 2 } });
    expect(batch.reason).toContain('work/nothing');
  });

  it('the same request again, and another one under its id or key', async () => {
    const batchId = newId();
    const request = { batchId, plan: doWork };
    expect((await ask('POST', '/v1/batches', request)).status).toBe(202);
    expect((await ask('POST', '/v1/batches', request)).status).toBe(202);
    expect((await ask('POST', '/v1/batches', { ...request, concurrency: 3 })).status).toBe(409);
    const key = { 'idempotency-key': 'k1' };
    const first = await ask<BatchAnswer>('POST', '/v1/batches', { plan: doWork }, key);
    const second = await ask<BatchAnswer>('POST', '/v1/batches', { plan: doWork }, key);
    expect(second.body.batchId).toBe(first.body.batchId);
    expect((await ask('POST', '/v1/batches', { goal: 'x' }, key)).status).toBe(422);
  });

  it('wrong bodies → 4xx that say what is wrong; an unknown batch → 404', async () => {
    const both = await ask<object>('POST', '/v1/batches', { goal: 'x', plan: doWork });
    expect(both).toMatchObject({ status: 400 });
    const batchId = newId();
    await ask('POST', '/v1/batches', { batchId, plan: doWork });
    const items = `/v1/batches/${batchId}/items`;
    expect((await ask('PUT', items, { name: 'x' })).status).toBe(415);
    expect(await ask('PUT', items)).toMatchObject({
      status: 400,
      body: { error: { message: 'The body is missing: send the items as JSONL.' } },
    });
    expect(await ask('PUT', items, '\n\n', LINES)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('no items') as string } },
    });
    expect((await ask('PUT', items, named('late-', 1), LINES)).status).toBe(202);
    await ended(batchId);
    expect((await ask('PUT', items, named('late-', 1), LINES)).status).toBe(409);
    expect((await ask('GET', '/v1/batches/none')).status).toBe(404);
    expect((await ask('POST', '/v1/batches', 'x', LINES)).status).toBe(415);
  });
});

describe('ostinato batch', () => {
  async function cli(
    ...args: readonly string[]
  ): Promise<{ code: number; out: string; err: string }> {
    const text = { out: '', err: '' };
    const code = await runCli(
      [...args, '--api', url, '--temporal', engine.temporalAddress],
      {
        env: { OSTINATO_DATA_DIR: dir },
        out: (chunk) => (text.out += chunk),
        err: (chunk) => (text.err += chunk),
        isTty: false,
        width: () => 200,
        height: () => 50,
        stdin: async function* () {
          yield Buffer.from(named('stdin-', 2));
        },
        onInterrupt: () => () => undefined,
      },
      '0',
    );
    return { code, ...text };
  }

  it('run, list, show, watch, results → the same batch, for people and as JSON', async () => {
    const plan = join(dir, 'plan.json');
    const items = join(dir, 'items.jsonl');
    await writeFile(plan, JSON.stringify(doWork));
    await writeFile(items, `${named('cli-', 3)}{broken\n`);
    const id = newId();
    const run = await cli('batch', 'run', items, '--plan', plan, '--id', id, '-c', '2');
    expect(run).toMatchObject({ code: 1, err: '' });
    expect(run.out).toContain('Partly done. 3 of 4 done, 1 failed');
    expect(run.out).toMatch(/1 x BadItem, first item 3: Line 4 is not JSON/);
    expect((await cli('batch', 'list')).out).toMatch(new RegExp(`${id}\\s+partial\\s+4`));
    const shown = await cli('batch', 'show', id, '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ batchId: id, counts: { done: 3, failed: 1 } });
    const watched = await cli('batch', 'watch', id, '--json');
    expect(watched.code).toBe(1);
    expect(JSON.parse(watched.out)).toMatchObject({ kind: 'batch', batch: { state: 'partial' } });
    const results = await cli('batch', 'results', id, '--state', 'done');
    expect(results.out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('a file without an item → refused, and no batch is left that waits for one', async () => {
    const empty = join(dir, 'empty.jsonl');
    await writeFile(empty, '\n');
    const id = newId();
    const run = await cli('batch', 'run', empty, '--goal', 'x', '--id', id);
    expect(run).toMatchObject({ code: 2 });
    expect(run.err).toContain('The file has no items');
    const shown = await cli('batch', 'show', id, '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ state: 'cancelled' });
  });

  it.each(['\0\x7fELF is no JSON\n{"half\n', `${'x'.repeat(300_000)}\n`])(
    'a file in which no line is an item → the batch fails and says so',
    async (text) => {
      const broken = join(dir, 'broken.jsonl');
      await writeFile(broken, text);
      const run = await cli('batch', 'run', broken, '--goal', '${item}');
      expect(run.code).toBe(1);
      expect(run.out).toContain('No line of the file is an item');
    },
  );

  it('standard input → read; wrong use → what to do', async () => {
    const plan = join(dir, 'plan.json');
    const run = await cli('batch', 'run', '-', '--plan', plan, '--id', newId(), '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.out)).toMatchObject({ state: 'completed', counts: { done: 2 } });
    expect(await cli('batch', 'run', 'no.jsonl', '--plan', plan)).toMatchObject({
      code: 2,
      err: 'ostinato: The items in no.jsonl cannot be read: there is no such file.\n',
    });
    expect(await cli('batch', 'run', dir, '--plan', plan)).toMatchObject({
      code: 2,
      err: `ostinato: The items in ${dir} cannot be read: it is a folder.\n`,
    });
    expect((await cli('batch', 'run', '-')).err).toContain('--goal TEXT or --plan FILE');
    expect((await cli('batch', 'resume', 'none')).err).toContain('There is no batch none');
  });
});
