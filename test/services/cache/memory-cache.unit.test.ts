// Proves that the cache serves each value at most for its time, within its bounds, to its tenant
// only, with one load however many ask; and that failures, cleared keys and left loads keep nothing.
// Loads are promises that the test settles by hand; time is the test's own clock.
import { beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import { cacheKey, cachePrefix } from '../../../services/cache/cache-key.ts';
import type { MemoryCacheOptions } from '../../../services/cache/memory-cache.ts';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';

const counts = { hits: 0, misses: 0, entries: 0, bytes: 0 };
let clock = 1;
const metrics = {
  cacheHit: () => void (counts.hits += 1),
  cacheMiss: () => void (counts.misses += 1),
  cacheSize: (_: string, size: { entries: number; bytes: number }) =>
    void Object.assign(counts, size),
};

function cacheOf(options: Partial<MemoryCacheOptions<string>> = {}) {
  return createMemoryCache<string>({
    name: 'test',
    maxBytes: 1_000,
    maxEntries: 10,
    ttlMs: 1_000,
    sizeOf: (value) => value.length,
    metrics,
    nowMs: () => clock,
    ...options,
  });
}

const give = (value: string) => () => Promise.resolve(value);
const never = (): Promise<string> => Promise.reject(new Error('must not be loaded'));

beforeEach(() => {
  clock = 1;
  Object.assign(counts, { hits: 0, misses: 0, entries: 0, bytes: 0 });
});

describe('createMemoryCache', () => {
  it('asked twice → loaded once, a miss and a hit counted', async () => {
    const cache = cacheOf();
    expect(await cache.getOrLoad('k', give('v'))).toEqual({ value: 'v', hit: false });
    expect(await cache.getOrLoad('k', never)).toEqual({ value: 'v', hit: true });
    expect(counts).toEqual({ hits: 1, misses: 1, entries: 1, bytes: 2 });
  });

  it('older than its time → loaded again; a time of its own counts instead', async () => {
    const cache = cacheOf();
    await cache.getOrLoad('a', give('1'));
    await cache.getOrLoad('b', give('1'), { ttlMs: 5_000 });
    clock += 999;
    expect((await cache.getOrLoad('a', never)).hit).toBe(true);
    clock += 2;
    expect(await cache.getOrLoad('a', give('2'))).toEqual({ value: '2', hit: false });
    expect((await cache.getOrLoad('b', never)).hit).toBe(true);
  });

  it('more than the byte bound → the least recently used go; a value above the bound is not kept', async () => {
    const cache = cacheOf({ maxBytes: 100 });
    await cache.getOrLoad('a', give('x'.repeat(40)));
    await cache.getOrLoad('b', give('x'.repeat(40)));
    await cache.getOrLoad('a', never);
    await cache.getOrLoad('c', give('x'.repeat(40)));
    expect((await cache.getOrLoad('a', never)).hit).toBe(true);
    expect((await cache.getOrLoad('b', give('x'))).hit).toBe(false);
    expect((await cache.getOrLoad('big', give('x'.repeat(200)))).value).toHaveLength(200);
    expect((await cache.getOrLoad('big', give('x'))).hit).toBe(false);
    expect(counts.bytes).toBeLessThanOrEqual(100);
  });

  it('more than the entry bound → the least recently used goes', async () => {
    const cache = cacheOf({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await cache.getOrLoad(key, give(key));
    expect(counts.entries).toBe(2);
    expect((await cache.getOrLoad('c', never)).hit).toBe(true);
    expect((await cache.getOrLoad('a', give('a'))).hit).toBe(false);
  });

  it('many ask at once → one load serves all', async () => {
    const cache = cacheOf();
    const load = Promise.withResolvers<string>();
    let loads = 0;
    const asked = Array.from({ length: 50 }, () =>
      cache.getOrLoad('k', () => {
        loads += 1;
        return load.promise;
      }),
    );
    load.resolve('v');
    const answers = await Promise.all(asked);
    expect(loads).toBe(1);
    expect(answers.every(({ value }) => value === 'v')).toBe(true);
    expect(answers.filter(({ hit }) => !hit)).toHaveLength(1);
  });

  it('load fails → all who wait fail, nothing is kept, the next loads again', async () => {
    const cache = cacheOf();
    const failing = () => Promise.reject(new Error('down'));
    const ends = await Promise.allSettled([
      cache.getOrLoad('k', failing),
      cache.getOrLoad('k', failing),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cache.getOrLoad('k', give('v'))).toEqual({ value: 'v', hit: false });
  });

  it('load throws before its first wait → a failure as any other', async () => {
    const cache = cacheOf();
    const throwing = () => {
      throw new Error('at once');
    };
    await expect(cache.getOrLoad('k', throwing)).rejects.toThrow('at once');
    expect((await cache.getOrLoad('k', give('v'))).hit).toBe(false);
  });

  it('value that may not be kept → served, not kept', async () => {
    const cache = cacheOf();
    await cache.getOrLoad('k', give('v'), { ttlMs: (value) => (value === 'v' ? 0 : 1_000) });
    expect((await cache.getOrLoad('k', give('w'))).value).toBe('w');
  });

  it('one of two callers leaves → the load goes on for the other', async () => {
    const cache = cacheOf();
    const load = Promise.withResolvers<string>();
    const leaver = new AbortController();
    let stopped = false;
    const first = cache.getOrLoad(
      'k',
      (signal) => {
        signal.addEventListener('abort', () => (stopped = true));
        return load.promise;
      },
      { signal: leaver.signal },
    );
    const second = cache.getOrLoad('k', never);
    leaver.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    load.resolve('v');
    expect((await second).value).toBe('v');
    expect(stopped).toBe(false);
  });

  it('every caller leaves → the load is told to stop, the next loads again', async () => {
    const cache = cacheOf();
    const leaver = new AbortController();
    let reason: unknown;
    const waiting = cache.getOrLoad(
      'k',
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(new Error('stopped'));
          });
        }),
      { signal: leaver.signal },
    );
    await Promise.resolve();
    leaver.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(reason).toEqual(new Error('left'));
    expect(await cache.getOrLoad('k', give('v'))).toEqual({ value: 'v', hit: false });
  });

  it('caller that has left already → nothing is loaded', async () => {
    const cache = cacheOf();
    let loads = 0;
    const load = () => {
      loads += 1;
      return Promise.resolve('v');
    };
    await expect(
      cache.getOrLoad('k', load, { signal: AbortSignal.abort(new Error('left')) }),
    ).rejects.toThrow('left');
    expect(loads).toBe(0);
  });

  it('cleared while loading → the old value is neither kept nor joined', async () => {
    const cache = cacheOf();
    const old = Promise.withResolvers<string>();
    const first = cache.getOrLoad('t/k', () => old.promise);
    cache.clear('t/');
    const second = await cache.getOrLoad('t/k', give('new'));
    old.resolve('old');
    expect((await first).value).toBe('old');
    expect(second).toEqual({ value: 'new', hit: false });
    expect((await cache.getOrLoad('t/k', never)).value).toBe('new');
  });

  it('cleared by prefix → only the keys under it go', async () => {
    const cache = cacheOf();
    await cache.getOrLoad('a/1', give('x'));
    await cache.getOrLoad('b/1', give('x'));
    cache.clear('a/');
    expect((await cache.getOrLoad('b/1', never)).hit).toBe(true);
    expect((await cache.getOrLoad('a/1', give('y'))).value).toBe('y');
    cache.delete('a/1');
    expect((await cache.getOrLoad('a/1', give('z'))).value).toBe('z');
    cache.clear();
    expect(counts.entries).toBe(0);
  });
});

describe('cacheKey', () => {
  const tenant = (name: string) => name as TenantId;

  it('same parts in another order → same key', () => {
    expect(cacheKey(tenant('a'), 'tool', [{ x: 1, y: [2] }])).toBe(
      cacheKey(tenant('a'), 'tool', [{ y: [2], x: 1 }]),
    );
  });

  it('other tenant, kind, fingerprint or argument → another key', () => {
    const keys = [
      cacheKey(tenant('a'), 'tool', ['f1', { x: 1 }]),
      cacheKey(tenant('b'), 'tool', ['f1', { x: 1 }]),
      cacheKey(tenant('a'), 'search', ['f1', { x: 1 }]),
      cacheKey(tenant('a'), 'tool', ['f2', { x: 1 }]),
      cacheKey(tenant('a'), 'tool', ['f1', { x: '1' }]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('tenant whose name looks like another’s keys → stays apart', () => {
    expect(cacheKey(tenant('a/tool'), 'x', 1).startsWith(cachePrefix(tenant('a'), 'tool'))).toBe(
      false,
    );
  });

  it('argument → not readable in the key', () => {
    expect(cacheKey(tenant('a'), 'tool', ['password-1'])).not.toContain('password');
  });
});
