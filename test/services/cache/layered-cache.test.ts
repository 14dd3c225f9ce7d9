// The layered cache as workers use it: several "processes" (each its own memory and client) over one
// real Redis and one real cluster of six processes. Loads are promises that the test settles by hand
// or counts; time in memory is the test's own clock, time in Redis is Redis'.
import type { Cluster, Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import { cacheAddress, cachePrefix } from '../../../services/cache/cache-key.ts';
import { connectRedis } from '../../../services/cache/connect-redis.ts';
import type { LayeredCache } from '../../../services/cache/layered-cache.ts';
import { createLayeredCache } from '../../../services/cache/layered-cache.ts';
import { createRedisStore } from '../../../services/cache/redis-store.ts';
import type { CacheAddress, SharedStore } from '../../../services/cache/shared-store.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import type { RedisCluster } from '../../support/redis-cluster.ts';
import { startRedis } from '../../support/redis.ts';
import type { RedisServer } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

const ACME = 'acme' as TenantId;
let server: RedisServer;
let cluster: RedisCluster;
let opened: { close(): void }[] = [];
let keys = 0;

beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));
afterEach(() => {
  for (const each of opened) each.close();
  opened = [];
});

const address = (tenantId = ACME, key = `key-${keys}`): CacheAddress =>
  cacheAddress(tenantId, 'test', [key]);
const scope = (tenantId = ACME) => cachePrefix(tenantId, 'test');

async function connect(url: string): Promise<Redis | Cluster> {
  const redis = connectRedis(url);
  opened.push({ close: () => redis.disconnect() });
  await waitFor('the client to be ready', () => redis.status === 'ready');
  return redis;
}

interface Worker extends LayeredCache<string> {
  readonly store: SharedStore;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Turns the clock of its memory. */
  later(ms: number): void;
  get(load: () => string | Promise<string>, at?: CacheAddress): Promise<string>;
}

async function worker(url: string, store?: SharedStore): Promise<Worker> {
  const shared = store ?? createRedisStore(await connect(url));
  const metrics = createMetrics();
  let skipped = 0;
  const cache = createLayeredCache<string>({
    name: 'test',
    maxBytes: 1_000_000,
    maxEntries: 1_000,
    sizeOf: (value) => value.length,
    ttlMs: (value) => (value.startsWith('private') ? 0 : value.startsWith('no') ? 50 : 30_000),
    shared,
    parse: (value) => (typeof value === 'string' ? value : null),
    metrics,
    log: pino({ level: 'silent' }),
    nowMs: () => performance.now() + skipped,
  });
  opened.push(cache);
  return Object.assign(cache, {
    store: shared,
    metrics,
    later: (ms: number) => void (skipped += ms),
    get: async (load: () => string | Promise<string>, at = address()) =>
      (await cache.getOrLoad(at, async () => load())).value,
  });
}

const never = (): string => {
  throw new Error('must not be loaded');
};

const counted = async ({ metrics }: Worker, ...words: string[]): Promise<number> => {
  const line = (await metrics.text())
    .split('\n')
    .find(
      (each) => each.startsWith('ostinato_cache') && words.every((w) => each.includes(`"${w}"`)),
    );
  return Number(line?.split(' ').at(-1) ?? 0);
};

describe.each([
  ['one node', () => server.url],
  ['a cluster', () => cluster.url],
])('workers over %s', (_, url) => {
  it('one loaded → the others have it, from Redis and then from memory', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(url()), worker(url())]);
    expect(await first.get(() => 'v')).toBe('v');
    expect(await second.get(never)).toBe('v');
    expect(await second.get(never)).toBe('v');
    expect(await counted(first, 'test/redis', 'miss')).toBe(1);
    expect(await counted(second, 'test/redis', 'hit')).toBe(1);
    expect(await counted(second, 'test', 'hit')).toBe(1);
  });

  it('peeked at → what is kept here or in Redis, without a load, until it is forgotten', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(url()), worker(url())]);
    expect(await first.peek(address())).toBeNull();
    await first.get(() => 'v');
    expect(await first.peek(address())).toBe('v');
    expect(await second.peek(address())).toBe('v');
    await first.forget(scope());
    expect(await second.peek(address())).toBeNull();
  });

  it('100 ask at once over four workers → one load', async () => {
    keys += 1;
    const workers = await Promise.all(Array.from({ length: 4 }, () => worker(url())));
    let loads = 0;
    const load = Promise.withResolvers<string>();
    const asked = Array.from({ length: 100 }, (__, n) =>
      (workers[n % 4] as Worker).get(() => {
        loads += 1;
        return load.promise;
      }),
    );
    await waitFor('a load', () => loads > 0);
    await waitFor('the others to wait', async () => {
      const waits = await Promise.all(workers.map((each) => counted(each, 'test/redis', 'wait')));
      return waits.reduce((sum, n) => sum + n) >= 3;
    });
    load.resolve('v');
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['v']));
    expect(loads).toBe(1);
  });

  it('forgotten by one → the others load anew, memory included', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(url()), worker(url())]);
    await first.get(() => 'old');
    await second.get(never);
    await first.forget(scope());
    expect(await second.get(() => 'new')).toBe('new');
    expect(await first.get(never)).toBe('new');
  });

  it('forgotten while one loads → its value is given, not kept', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(url()), worker(url())]);
    const old = Promise.withResolvers<string>();
    let started = false;
    const reading = first.get(() => {
      started = true;
      return old.promise;
    });
    await waitFor('the load', () => started);
    await second.forget(scope());
    old.resolve('old');
    expect(await reading).toBe('old');
    expect(await second.get(() => 'new')).toBe('new');
    expect(await first.get(never)).toBe('new');
  });

  it('two tenants, same question → each its own; forgetting one leaves the other', async () => {
    keys += 1;
    const other = 'acme/test' as TenantId;
    const [first, second] = await Promise.all([worker(url()), worker(url())]);
    await first.get(() => 'a');
    expect(await second.get(() => 'b', address(other))).toBe('b');
    await first.forget(scope());
    expect(await first.get(never, address(other))).toBe('b');
    expect(await second.get(() => 'a2')).toBe('a2');
  });
});

describe('loads', () => {
  it('the loader fails → a waiting worker loads for itself', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    const failing = Promise.withResolvers<string>();
    let started = false;
    const broken = first.get(() => {
      started = true;
      return failing.promise;
    });
    await waitFor('the load', () => started);
    const waiting = second.get(() => 'mine');
    await waitFor('the wait', async () => (await counted(second, 'test/redis', 'wait')) > 0);
    failing.reject(new Error('down'));
    await expect(broken).rejects.toThrow('down');
    expect(await waiting).toBe('mine');
  });

  it('the loader dies → its lease runs out, a waiting worker loads', async () => {
    keys += 1;
    const [dead, alive] = await Promise.all([worker(server.url), worker(server.url)]);
    const { generation } = await dead.store.look(address(), '');
    expect(await dead.store.claim(address(), generation, 'dead', 300)).toEqual({ kind: 'leased' });
    expect(await dead.store.claim(address(), generation, 'other', 300)).toEqual({ kind: 'held' });
    expect(await alive.get(() => 'v')).toBe('v');
    expect(await counted(alive, 'test/redis', 'wait')).toBe(1);
    expect(await dead.store.renew(address(), 'dead', 300)).toBe(false);
  });

  it('a long load → its lease is renewed, nobody else loads', async () => {
    keys += 1;
    const store = createRedisStore(await connect(server.url));
    let renewed = 0;
    const watched: SharedStore = {
      ...store,
      renew(...args) {
        renewed += 1;
        return store.renew(...args);
      },
    };
    const [first, second] = await Promise.all([worker(server.url, watched), worker(server.url)]);
    const load = Promise.withResolvers<string>();
    const long = first.get(() => load.promise);
    await waitFor('a renewed lease', () => renewed > 0);
    const waiting = second.get(never);
    load.resolve('v');
    expect([await long, await waiting]).toEqual(['v', 'v']);
  });

  it('a caller that waits for another’s load is stopped → its reason, at once', async () => {
    keys += 1;
    const cache = await worker(server.url);
    const { generation } = await cache.store.look(address(), '');
    await cache.store.claim(address(), generation, 'other', 60_000);
    const stop = new AbortController();
    const waiting = cache.getOrLoad(address(), async () => never(), { signal: stop.signal });
    await waitFor('the wait', async () => (await counted(cache, 'test/redis', 'wait')) > 0);
    stop.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
  });

  it('value that may not be kept → the waiting load for themselves, nothing is shared', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    expect(await first.get(() => 'private 1')).toBe('private 1');
    expect(await second.get(() => 'private 2')).toBe('private 2');
  });

  it('refusal → kept for its own short time', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    expect(await first.get(() => 'no')).toBe('no');
    await waitFor('the refusal to end', async () => {
      const { found } = await second.store.look(address(), '');
      return found === 'none';
    });
    expect(await second.get(() => 'yes')).toBe('yes');
    first.later(1_000);
    expect(await first.get(never)).toBe('yes');
  });

  it('long value → given, kept in memory, not shared', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    const long = 'x'.repeat(300_000);
    expect(await first.get(() => long)).toBe(long);
    expect(await first.get(never)).toBe(long);
    expect(await second.get(() => 'short')).toBe('short');
  });
});

describe('what lies in Redis', () => {
  it('entries end: never later than their time, and not all at once', async () => {
    const cache = await worker(server.url);
    const lives: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const at = address(ACME, `jitter-${n}`);
      await cache.get(() => 'v', at);
      const { found } = await cache.store.look(at, '');
      if (typeof found === 'object') lives.push(found.ttlMs);
    }
    expect(lives).toHaveLength(20);
    expect(Math.max(...lives)).toBeLessThanOrEqual(30_000);
    expect(Math.min(...lives)).toBeGreaterThan(26_000);
    expect(Math.max(...lives) - Math.min(...lives)).toBeGreaterThan(300);
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -3)],
    ['changed', (text: string) => text.replace('v', 'w')],
    ['not of this cache', () => '{"other":1}'],
    ['empty', () => ''],
  ])('entry %s → a miss, replaced', async (_, damage) => {
    keys += 1;
    const redis = (await connect(server.url)) as Redis;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    await first.get(() => 'v');
    const [entry] = await redis.keys(`*value:${address().key.slice(scope().length)}`);
    if (entry === undefined) throw new Error('No entry was written.');
    const text = (await redis.get(entry)) ?? '';
    const head = text.slice(0, text.indexOf('|') + 1);
    await redis.set(entry, head + damage(text.slice(head.length)), 'PX', 30_000);
    expect(await second.get(() => 'again')).toBe('again');
    expect(await counted(second, 'test/redis', 'damaged')).toBe(1);
    expect(await (await worker(server.url)).get(never)).toBe('again');
  });

  it('keys of another type → misses, replaced', async () => {
    keys += 1;
    const redis = (await connect(server.url)) as Redis;
    await (await worker(server.url)).get(() => 'v');
    const name = address().key.slice(scope().length);
    const [entry] = await redis.keys(`*value:${name}`);
    if (entry === undefined) throw new Error('No entry was written.');
    const generation = entry.replace(/:value:.*/, ':generation');
    for (const key of [entry, generation]) {
      await redis.del(key);
      await redis.rpush(key, 'x');
    }
    const cache = await worker(server.url);
    expect(await cache.get(() => 'again')).toBe('again');
    expect(await (await worker(server.url)).get(never)).toBe('again');
  });

  it('generation lost (evicted, expired) → nothing old comes back', async () => {
    keys += 1;
    const redis = (await connect(server.url)) as Redis;
    const cache = await worker(server.url);
    await cache.get(() => 'old');
    for (const key of await redis.keys('*:generation')) await redis.del(key);
    expect(await cache.get(() => 'new')).toBe('new');
  });

  it('argument → not readable in a key', async () => {
    const redis = (await connect(server.url)) as Redis;
    await (await worker(server.url)).get(() => 'v', address(ACME, 'password-1'));
    expect((await redis.keys('*')).filter((key) => key.includes('password'))).toEqual([]);
  });
});

describe('Redis goes away', () => {
  it('answers come from memory and from loads; back again, they are shared again', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    await first.get(() => 'v');
    await server.kill();
    expect(await first.get(never)).toBe('v');
    expect(await second.get(() => 'own')).toBe('own');
    expect(await second.get(never)).toBe('own');
    expect(first.isShared()).toBe(false);
    await server.start();
    await waitFor('sharing', async () => {
      for (const each of [first, second]) {
        each.later(1_000);
        await each.get(() => 'after');
      }
      return first.isShared() === true && second.isShared() === true;
    });
    keys += 1;
    expect(await first.get(() => 'again')).toBe('again');
    expect(await second.get(never)).toBe('again');
  });

  it('lost in the middle of a load → the value is given to all who ask', async () => {
    keys += 1;
    const [first, second] = await Promise.all([worker(server.url), worker(server.url)]);
    const load = Promise.withResolvers<string>();
    let started = false;
    const loading = first.get(() => {
      started = true;
      return load.promise;
    });
    await waitFor('the load', () => started);
    const waiting = second.get(() => 'own');
    await waitFor('the wait', async () => (await counted(second, 'test/redis', 'wait')) > 0);
    await server.kill();
    expect(await waiting).toBe('own');
    load.resolve('v');
    expect(await loading).toBe('v');
    await server.start();
  });

  it('a store that hangs → asked once, then left alone for a second', async () => {
    keys += 1;
    let asked = 0;
    const hang = () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    const real = createRedisStore(await connect(server.url));
    const cache = await worker(server.url, { ...real, look: hang });
    for (let n = 0; n < 20; n += 1) {
      await cache.get(() => 'v', address(ACME, `hang-${n}`));
    }
    expect(asked).toBeLessThan(5);
    expect(await counted(cache, 'test/redis', 'error')).toBe(asked);
  });

  it('forgotten while it is away → made up for when it is back, by itself', async () => {
    keys += 1;
    const real = createRedisStore(await connect(server.url));
    let away = false;
    const flaky: SharedStore = {
      ...real,
      look: (...args) => (away ? Promise.reject(new Error('away')) : real.look(...args)),
      forget: (at) => (away ? Promise.reject(new Error('away')) : real.forget(at)),
    };
    const [first, second] = await Promise.all([worker(server.url, flaky), worker(server.url)]);
    await first.get(() => 'old');
    away = true;
    await first.forget(scope());
    expect(await first.get(() => 'new')).toBe('new');
    expect(await second.get(never)).toBe('old');
    away = false;
    first.later(2_000);
    await waitFor('the others to be told', async () => {
      const { found } = await second.store.look(address(), '');
      return found === 'none';
    });
    expect(await second.get(() => 'newest')).toBe('newest');
    expect(await first.get(never)).toBe('newest');
  });

  it('back, and asked before the others were told → what is owed goes first, nothing old is served', async () => {
    keys += 1;
    const real = createRedisStore(await connect(server.url));
    let away = false;
    const forget: SharedStore['forget'] = (at) =>
      away ? Promise.reject(new Error('away')) : real.forget(at);
    const cache = await worker(server.url, { ...real, forget });
    await cache.get(() => 'old');
    away = true;
    await cache.forget(scope());
    away = false;
    cache.later(2_000);
    expect(await cache.get(() => 'new')).toBe('new');
  });

  it('forgotten while an answer was on its way from Redis → it is not kept, not for an outage either', async () => {
    keys += 1;
    const real = createRedisStore(await connect(server.url));
    const other = await worker(server.url);
    await other.get(() => 'old');
    let state: 'meanwhile' | 'away' = 'meanwhile';
    const cache: Worker = await worker(server.url, {
      ...real,
      async look(...args) {
        if (state === 'away') throw new Error('away');
        const looked = await real.look(...args);
        await cache.forget(scope());
        return looked;
      },
    });
    expect(await cache.get(never)).toBe('old');
    state = 'away';
    expect(await cache.get(() => 'new')).toBe('new');
  });
});

it('a master of the cluster dies → its replica serves, and what is asked is answered all along', async () => {
  const [first, second] = await Promise.all([worker(cluster.url), worker(cluster.url)]);
  const at = (n: number) => address(ACME, `failover-${n}`);
  for (let n = 0; n < 20; n += 1) await first.get(() => `v${n}`, at(n));
  const dying = cluster.failOver();
  for (let n = 0; n < 20; n += 1) {
    expect(await second.get(() => `v${n}`, at(n))).toBe(`v${n}`);
  }
  await dying;
  await waitFor('both to share all keys again', async () => {
    let shared = 0;
    keys += 1;
    for (let n = 0; n < 20; n += 1) {
      first.later(1_000);
      second.later(1_000);
      const fresh = address(ACME, `after-${keys}-${n}`);
      await first.get(() => 'a', fresh);
      if ((await second.get(() => 'b', fresh)) === 'a') shared += 1;
    }
    return shared === 20;
  });
});
