// Proves that workers share what a semantic cache holds and learned: several caches, each with its own
// memory and client, over one real Redis and one real cluster of six processes, of which a master dies.
// The embedder is a stand-in: a text's vector is its words'.
import type { Cluster, Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '../../../../services/cache/connect-redis.ts';
import { createSemanticCache } from '../../../../services/cache/semantic/semantic-cache.ts';
import { createSemanticLog } from '../../../../services/cache/semantic/semantic-log.ts';
import type { Embedder } from '../../../../services/embeddings/embedder.ts';
import type { RedisCluster } from '../../../support/redis-cluster.ts';
import { startRedisCluster } from '../../../support/redis-cluster.ts';
import type { RedisServer } from '../../../support/redis.ts';
import { startRedis } from '../../../support/redis.ts';
import { waitFor } from '../../../support/wait-for.ts';

const SIZE = 64;
const embedder: Embedder = {
  id: 'words',
  dimensions: SIZE,
  embed: (texts) => Promise.resolve(texts.map(embed)),
  close: () => Promise.resolve(),
};

function embed(text: string): Float32Array {
  const vector = new Float32Array(SIZE);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const place = [...word].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % SIZE, 7);
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

let server: RedisServer;
let cluster: RedisCluster;
const clients: (Redis | Cluster)[] = [];
beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await Promise.all([server.stop(), cluster.stop()]);
});

/** A worker: a cache with a memory and a client of its own. */
async function worker(owner: string, url = server.url) {
  const redis = connectRedis(url);
  clients.push(redis);
  await waitFor('the client to be ready', () => redis.status === 'ready');
  let errors = 0;
  let loads = 0;
  const log = pino({ level: 'silent' });
  const cache = createSemanticCache<string>({
    ...{ embedder, log, maxWrong: 0.05, random: () => 0.5 },
    alike: (a, b) => a === b,
    metrics: { cacheHit: () => undefined, cacheMiss: () => undefined },
    shared: {
      log: createSemanticLog(redis, { log, onError: () => (errors += 1) }),
      parse: (value) => (typeof value === 'string' ? value : null),
    },
  });
  const get = (text: string, value: string) =>
    cache.getOrLoad({ owner, partition: `${owner}/prompt` }, text, () => {
      loads += 1;
      return Promise.resolve(value);
    });
  return { get, redis, loads: () => loads, errors: () => errors };
}

type Worker = Awaited<ReturnType<typeof worker>>;

/** Pairs that differ by one word that means nothing: each teaches that such a hit is right. */
async function teach(by: readonly Worker[]): Promise<void> {
  for (let n = 0; n < 80; n += 1) {
    const subject = [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('q');
    const { get } = by[n % by.length] as Worker;
    await get(`explain topic${subject} thoroughly now`, subject);
    await get(`explain topic${subject} thoroughly`, subject);
  }
}

describe.each([
  ['one node', () => server.url],
  ['a cluster', () => cluster.url],
])('a semantic cache over several workers and %s', (_, url) => {
  it('one loaded → an equal question hits at the other', async () => {
    const [one, other] = [await worker('equal', url()), await worker('equal', url())];
    await one.get('what is gravity', 'a force');
    expect(await other.get('what is gravity', 'x')).toEqual({ value: 'a force', hit: true });
    expect(other.loads()).toBe(0);
  });

  it('two learned half each → a third, new one hits like questions at once', async () => {
    await teach([await worker('taught', url()), await worker('taught', url())]);
    const third = await worker('taught', url());
    await third.get('explain gravity thoroughly now', 'g');
    expect(await third.get('explain gravity thoroughly', 'x')).toEqual({ value: 'g', hit: true });
    const alone = await worker('untaught', url());
    await alone.get('explain gravity thoroughly now', 'g');
    expect(await alone.get('explain gravity thoroughly', 'g')).toEqual({ value: 'g', hit: false });
  });

  it("another owner's questions → neither found nor learned from", async () => {
    const [one, other] = [await worker('ann', url()), await worker('bob', url())];
    await one.get('what is my secret', 'of ann');
    expect(await other.get('what is my secret', 'of bob')).toEqual({ value: 'of bob', hit: false });
  });

  it('records that are none → left out, what follows is read', async () => {
    const [one, other] = [await worker('odd', url()), await worker('odd', url())];
    for (const text of ['no json', '{}', JSON.stringify({ partition: 'odd/prompt' })]) {
      await one.redis.xadd('ostinato:semantic:odd', '*', 'r', text);
    }
    await one.get('what is gravity', 'a force');
    expect(await other.get('what is gravity', 'x')).toEqual({ value: 'a force', hit: true });
  });
});

describe('a semantic cache without its Redis', () => {
  it('Redis goes away → each worker goes on with what it knows and loads', async () => {
    const one = await worker('away');
    await one.get('what is gravity', 'a force');
    await server.kill();
    await waitFor('the client to notice', () => one.redis.status !== 'ready');
    expect(await one.get('what is gravity', 'x')).toEqual({ value: 'a force', hit: true });
    expect(await one.get('who was newton', 'a man')).toEqual({ value: 'a man', hit: false });
    expect(await one.get('who was newton', 'x')).toEqual({ value: 'a man', hit: true });
    expect(one.errors()).toBeGreaterThan(0);
    await server.start();
    await waitFor('the client to be back', () => one.redis.status === 'ready');
    const other = await worker('away');
    const shared = await waitFor('answers to be shared again', async () => {
      await one.get(`what is light ${Math.random().toString(36).slice(2)}`, 'a wave');
      return (await other.redis.xlen('ostinato:semantic:away')) > 0;
    });
    expect(shared).toBe(true);
  });

  it('a master of the cluster dies → answers all along, and shared again by its replica', async () => {
    const owner = 'lost';
    const [one, other] = [await worker(owner, cluster.url), await worker(owner, cluster.url)];
    const slot = await one.redis.cluster('KEYSLOT', `ostinato:semantic:${owner}`);
    expect(slot, 'the slots of the master that dies end at 5461').toBeLessThan(5461);
    await one.get('what is gravity', 'a force');
    expect(await other.get('what is gravity', 'x')).toEqual({ value: 'a force', hit: true });
    const dying = cluster.failOver();
    for (let n = 0; n < 20; n += 1) {
      expect(await one.get('what is gravity', 'x')).toEqual({ value: 'a force', hit: true });
      const subject = [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('q');
      expect(await one.get(`who was ${subject}`, subject)).toMatchObject({ value: subject });
    }
    await dying;
    let asked = 0;
    await waitFor('answers to be shared again', async () => {
      asked += 1;
      const question = `what is light ${'z'.repeat(asked)}`;
      await one.get(question, 'a wave');
      return (await other.get(question, 'a wave')).hit;
    });
  });
});
