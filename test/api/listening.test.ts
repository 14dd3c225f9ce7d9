// Proves what only a listening server shows: event streams that resume, end with the run, beat, and
// leave nothing behind when the client goes or the server closes; bytes that are no HTTP.
// Real Temporal, real workflows, fake activities, real sockets.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import type { ApiDeps } from '../../api/api-deps.ts';
import { createServer } from '../../api/server.ts';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import type { CallToolInput } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const servers: FastifyInstance[] = [];
/** Steps that wait until they are let go, by id. */
const gates = new Map<string, PromiseWithResolvers<void>>();

const activities = {
  callTool: async (input: CallToolInput) => {
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    await gates.get(id)?.promise;
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(step('checked')),
  planGoal: async () => {
    throw new Error('not used here');
  },
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

afterEach(async () => {
  for (const gate of gates.values()) gate.resolve();
  gates.clear();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function listen(
  options: ApiDeps['options'] = {},
): Promise<{ url: string; server: FastifyInstance }> {
  const server = createServer(fakeServices({ connection: ostinato, options }));
  servers.push(server);
  return { server, url: await server.listen({ host: '127.0.0.1', port: 0 }) };
}

async function startGated(runId: string): Promise<void> {
  gates.set('b', Promise.withResolvers());
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  await runPlan(ostinato, { plan: written, runId }, plan(step('a'), step('b', after('a'))));
}

interface Event {
  readonly id: string | null;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream event by event; comments are `event: 'comment'`. */
async function* events(response: Response): AsyncGenerator<Event> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string | null =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
      const data = field('data');
      if (block.startsWith(':')) yield { id: null, event: 'comment', data: {} };
      else if (data !== null) {
        yield { id: field('id'), event: field('event') ?? '', data: JSON.parse(data) as never };
      }
    }
  }
}

describe('event streams', () => {
  it('a run → its progress with rising revisions, then the result, then the end', async () => {
    const { url } = await listen();
    await startGated('stream-1');
    const response = await fetch(`${url}/v1/runs/stream-1/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const seen: Event[] = [];
    for await (const event of events(response)) {
      seen.push(event);
      const steps = event.data['steps'] as { id: string; state: string }[] | undefined;
      if (steps?.some(({ id, state }) => id === 'b' && state === 'running')) {
        gates.get('b')?.resolve();
      }
    }
    const progress = seen.filter(({ event }) => event === 'progress');
    const revisions = progress.map(({ id }) => Number(id));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    expect(progress.at(-1)?.data).toMatchObject({ phase: 'ended' });
    expect(seen.at(-1)).toMatchObject({
      id: 'end',
      event: 'result',
      data: { runId: 'stream-1', status: 'completed', result: { outcome: 'completed' } },
    });
  });

  it('Last-Event-ID → only what is newer; after the end → 204', async () => {
    const { url } = await listen();
    await startGated('stream-2');
    gates.get('b')?.resolve();
    const whole: Event[] = [];
    for await (const event of events(await fetch(`${url}/v1/runs/stream-2/events`))) {
      whole.push(event);
    }
    const last = whole.filter(({ event }) => event === 'progress').at(-1);
    const again: Event[] = [];
    const headers = { 'last-event-id': String(last?.id) };
    for await (const event of events(await fetch(`${url}/v1/runs/stream-2/events`, { headers }))) {
      again.push(event);
    }
    expect(again.map(({ event }) => event)).toEqual(['result']);
    const done = await fetch(`${url}/v1/runs/stream-2/events`, {
      headers: { 'last-event-id': 'end' },
    });
    expect(done.status).toBe(204);
  });

  it('a run that is terminated in Temporal → the stream ends and says so', async () => {
    const { url } = await listen();
    await startGated('stream-3');
    const response = await fetch(`${url}/v1/runs/stream-3/events`);
    const stream = events(response);
    await stream.next();
    await ostinato.temporal.workflow.getHandle('t:default:run:stream-3').terminate('by hand');
    const rest: Event[] = [];
    for await (const event of stream) rest.push(event);
    expect(rest.at(-1)).toMatchObject({
      event: 'result',
      data: { status: 'terminated', result: null },
    });
  });

  it('silence → comments; a client that goes → its place is free and nothing polls on', async () => {
    const { url } = await listen({ heartbeatMs: 50, maxEventStreams: 1 });
    await startGated('stream-4');
    const gone = new AbortController();
    const response = await fetch(`${url}/v1/runs/stream-4/events`, { signal: gone.signal });
    const seen = new Set<string>();
    for await (const { event } of events(response)) {
      seen.add(event);
      if (event === 'comment') break;
    }
    expect(seen).toContain('comment');
    const second = await fetch(`${url}/v1/runs/stream-4/events`).catch(() => null);
    // Breaking out of the loop has closed the first one, or is about to.
    await second?.body?.cancel();
    gone.abort();
    const freed = await waitFor('a free place', async () => {
      const next = await fetch(`${url}/v1/runs/stream-4/events`);
      if (next.status === 200) return next;
      expect(next.headers.get('retry-after')).toBe('5');
      await next.body?.cancel();
      return null;
    });
    await freed.body?.cancel();
  });

  it('one stream above the limit → 429', async () => {
    const { url } = await listen({ maxEventStreams: 1 });
    await startGated('stream-5');
    const first = await fetch(`${url}/v1/runs/stream-5/events`);
    const second = await fetch(`${url}/v1/runs/stream-5/events`);
    expect([first.status, second.status]).toEqual([200, 429]);
    await first.body?.cancel();
  });

  it('the server closes → streams end and closing waits for nobody', async () => {
    const { url, server } = await listen();
    await startGated('stream-6');
    const stream = events(await fetch(`${url}/v1/runs/stream-6/events`));
    await stream.next();
    await server.close();
    let last: IteratorResult<Event>;
    do last = await stream.next();
    while (last.done !== true);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });
});

describe('runs through HTTP', () => {
  it('start, cancel, show → the run ends as cancelled with the reason', async () => {
    const { url } = await listen();
    await startGated('cancel-1');
    const body = JSON.stringify({ reason: 'changed my mind' });
    const headers = { 'content-type': 'application/json' };
    const cancel = `${url}/v1/runs/cancel-1/cancel`;
    expect((await fetch(cancel, { method: 'POST', body, headers })).status).toBe(202);
    const run = await waitFor('the end', async () => {
      const answer = await fetch(`${url}/v1/runs/cancel-1`);
      const shown = (await answer.json()) as { status: string; result: object | null };
      return shown.result === null ? null : shown;
    });
    expect(run.result).toMatchObject({ outcome: 'cancelled', reason: 'changed my mind' });
    expect((await fetch(cancel, { method: 'POST' })).status).toBe(409);
  });
});

describe('bytes that are no HTTP', () => {
  it.each([
    ['garbage', 'hello there\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
    [
      'length and chunks at once',
      'POST /v1/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header with a bare line feed', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\nb: c\r\n\r\n'],
  ])('%s → 400 in our shape, and the line is closed', async (_name, bytes) => {
    const { url } = await listen();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(bytes);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const body = JSON.parse(text.split('\r\n\r\n')[1] ?? '') as object;
    expect(body).toMatchObject({ error: { type: 'BadInput' } });
  });
});
