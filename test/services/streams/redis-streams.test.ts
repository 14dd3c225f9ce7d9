// Proves the side channel that processes share: a real Redis of its own, one connection for each
// process. Everything is bounded there, two readers get the same, and a Redis that is lost costs no
// more than the events of that time, which are counted.
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LiveEvent, LiveItem, LiveReader } from '../../../common/live-event.ts';
import type { RedisClient } from '../../../services/cache/connect-redis.ts';
import { connectRedis } from '../../../services/cache/connect-redis.ts';
import type { LiveStreams } from '../../../services/streams/live-streams.ts';
import { createRedisStreams } from '../../../services/streams/redis-streams.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

let redis: RedisServer;
const opened: { readonly client: RedisClient; readonly streams: LiveStreams }[] = [];

beforeAll(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  for (const { client, streams } of opened.splice(0)) {
    await streams.close();
    client.disconnect();
  }
});

afterAll(async () => {
  await redis?.stop();
});

/** As another process has it. */
async function open(maxEvents?: number): Promise<LiveStreams & { readonly client: RedisClient }> {
  const client = connectRedis(redis.url);
  await waitFor('Redis', () => client.status === 'ready');
  const log = pino({ level: 'silent' });
  const streams = createRedisStreams(client, { log, ...(maxEvents && { maxEvents }) });
  opened.push({ client, streams });
  return { ...streams, client };
}

let runs = 0;
const newRun = () => ({ tenantId: 'acme', runId: `r${(runs += 1)}` });
const word = (text: string): LiveEvent => ({ kind: 'text', source: 'turn:1', attempt: 1, text });
const words = (items: readonly LiveItem[]) =>
  items.map((item) => {
    if (item.kind === 'lost') return `lost ${item.events}`;
    return 'text' in item.event ? item.event.text : item.event.kind;
  });

/** Pages until `count` items are there. */
async function take(reader: LiveReader, count: number): Promise<readonly LiveItem[]> {
  const items: LiveItem[] = [];
  await waitFor(`${count} items`, async () => {
    items.push(...(await reader.next(500)));
    return items.length >= count;
  });
  return items;
}

describe('a side channel in Redis', () => {
  it('another process publishes → two readers get all of it, in order, one by one or at once', async () => {
    const [writer, other] = [await open(), await open()];
    const run = newRun();
    const numbers = Array.from({ length: 450 }, (_, n) => String(n));
    const eager = other.open(run, null);
    const all = take(eager, numbers.length);
    for (const text of numbers) writer.publish(run, word(text));
    expect(words(await all)).toEqual(numbers);
    expect(words(await take(other.open(run, null), numbers.length))).toEqual(numbers);
  });

  it('goes on in the middle, by an offset → exactly what followed', async () => {
    const streams = await open();
    const run = newRun();
    for (const text of ['a', 'b', 'c']) streams.publish(run, word(text));
    const [, second] = await take(streams.open(run, null), 3);
    if (second?.kind !== 'event') throw new Error('no event');
    const reader = (await open()).open(run, second.offset);
    expect(words(await take(reader, 1))).toEqual(['c']);
    expect(await reader.next(0)).toEqual([]);
  });

  it('a reader slower than what is kept → told how many it lost; the stream stays bounded', async () => {
    const streams = await open(10);
    const run = newRun();
    streams.publish(run, word('first'));
    const slow = streams.open(run, null);
    await take(slow, 1);
    for (let n = 0; n < 100; n += 1) streams.publish(run, word(String(n)));
    const fast = streams.open(run, null);
    await waitFor('the last', async () => words(await fast.next(500)).includes('99'));
    expect(words(await slow.next(0))).toEqual([
      'lost 90',
      ...'90 91 92 93 94 95 96 97 98 99'.split(' '),
    ]);
    const [key] = await streams.client.keys('ostinato:live:*');
    expect(key).toBeDefined();
    expect(await streams.client.pttl(key ?? '')).toBeGreaterThan(0);
    expect(await streams.client.xlen(`ostinato:live:{acme:${run.runId}}`)).toBe(10);
  });

  it('other tenants, names that look like keys → nothing is seen', async () => {
    const streams = await open();
    const run = { tenantId: 'a', runId: 'b:c' };
    streams.publish(run, word('secret'));
    await take(streams.open(run, null), 1);
    for (const tenantId of ['x', 'a:b', 'a}:{', '*']) {
      for (const runId of ['b:c', 'c', '*']) {
        expect(await streams.open({ tenantId, runId }, null).next(0)).toEqual([]);
      }
    }
  });

  it('what somebody else wrote there → left out', async () => {
    const streams = await open();
    const run = newRun();
    const key = `ostinato:live:{acme:${run.runId}}`;
    streams.publish(run, word('a'));
    const [first] = await take(streams.open(run, null), 1);
    if (first?.kind !== 'event') throw new Error('no event');
    const next = first.offset.replace(/1$/, '2');
    await streams.client.xadd(key, next, 'e', '{"kind":"text"}');
    expect(words(await streams.open(run, null).next(0))).toEqual(['a']);
  });
});

describe('Redis is lost and comes back empty', () => {
  it('nobody waits meanwhile; both sides go on, and what was lost is told', async () => {
    const [writer, other] = [await open(), await open()];
    const run = newRun();
    writer.publish(run, word('before'));
    const reader = other.open(run, null);
    await take(reader, 1);
    await redis.kill();
    await waitFor('the connection to break', () => writer.client.status !== 'ready');
    for (let n = 0; n < 20; n += 1) writer.publish(run, word('lost'));
    expect(await reader.next(0)).toEqual([]);
    await redis.start();
    const seen: string[] = [];
    await waitFor('what comes after', async () => {
      writer.publish(run, word('after'));
      seen.push(...words(await reader.next(200)));
      return seen.includes('after');
    });
    expect(seen[0]).toBe('lost null');
    expect(seen[1]).toBe('dropped');
  });
});
