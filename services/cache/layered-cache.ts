import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.ts';
import { createLoadOnce } from './load-once.ts';
import type { Loaded } from './load-once.ts';
import type { MemoryCache, MemoryCacheOptions } from './memory-cache.ts';
import { createMemoryCache } from './memory-cache.ts';
import { createOwedForgets } from './owed-forgets.ts';
import type { Reach } from './reach.ts';
import { createReach } from './reach.ts';
import type { LoadFunction } from './shared-loads.ts';
import type { CacheAddress, Look, SharedStore } from './shared-store.ts';

export interface LayeredCacheOptions<V> extends Omit<MemoryCacheOptions<V>, 'ttlMs' | 'metrics'> {
  /** How long a value is served, ms; 0: it is not kept, and not shared. */
  readonly ttlMs: (value: V) => number;
  /** What other processes share with this one; `null`: nothing, memory is the only layer. */
  readonly shared: SharedStore | null;
  /** Reads a value that came from outside; `null`: it is none, and counts as a miss. */
  readonly parse: (value: unknown) => V | null;
  /** Longest value that is shared, characters of JSON. @default 262_144 */
  readonly maxSharedChars?: number;
  readonly metrics: Pick<Metrics, 'cacheHit' | 'cacheMiss' | 'cacheSize' | 'cacheEvent'>;
  readonly log: Logger;
  /** @default `Math.random` */
  readonly random?: () => number;
}

/**
 * Memory, then a store that several processes share, then a load that only one of them makes.
 *
 * A hit is never older than the last `forget` of its scope, by whichever process: each look asks the
 * store for the scope's generation, and memory spares the transfer of the value. While the store does
 * not answer, each process goes on with its memory alone, and what it could not make the others
 * forget it makes up for as soon as the store is back.
 */
export interface LayeredCache<V> {
  /**
   * @param load gets a signal that is raised when nobody in this process waits any more. It fails
   *   for all who wait in this process, and nothing is kept.
   * @returns `hit`: this call caused no load.
   */
  getOrLoad(
    address: CacheAddress,
    load: LoadFunction<V>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly value: V; readonly hit: boolean }>;
  /** What is kept and still served, without a load; `null`: nothing is. */
  peek(address: CacheAddress): Promise<V | null>;
  /** Once it is done, no process serves a value that was loaded before; loads under way are not kept. */
  forget(scope: string): Promise<void>;
  /** Whether the shared layer answers; `null` where there is none. */
  isShared(): boolean | null;
  close(): void;
}

const MAX_WORDS = 20_000;

export function createLayeredCache<V extends NonNullable<unknown>>(
  options: LayeredCacheOptions<V>,
): LayeredCache<V> {
  const memory = createMemoryCache<V>({ ...options, ttlMs: 0 });
  return options.shared === null
    ? memoryOnly(memory, options.ttlMs)
    : memoryAndStore(memory, options, options.shared);
}

function memoryAndStore<V extends NonNullable<unknown>>(
  memory: MemoryCache<V>,
  options: LayeredCacheOptions<V>,
  store: SharedStore,
): LayeredCache<V> {
  const { metrics, ttlMs } = options;
  const layer = `${options.name}/redis`;
  const reach = reachOf(options, layer);
  const loadOnce = createLoadOnce<V>({
    ...{ store, reach, ttlMs },
    parse: options.parse,
    maxChars: options.maxSharedChars ?? 262_144,
    nowMs: options.nowMs ?? (() => performance.now()),
    random: options.random ?? Math.random,
    onWait: () => metrics.cacheEvent(layer, 'wait'),
    onDamaged: () => metrics.cacheEvent(layer, 'damaged'),
  });
  const owed = createOwedForgets((scope) => reach.ask(() => store.forget(scope).then(() => true)));
  /** The newest word known for a key: what memory holds is held under it. */
  const words = new LRUCache<string, string>({ max: MAX_WORDS });
  const forgets = createForgets();

  /** `null`: the store does not answer. */
  async function look(address: CacheAddress): Promise<Look | null> {
    if (!(await owed.settle(address.scope))) return null;
    const known = words.get(address.key) ?? '';
    const held = memory.has(heldAt(address, known)) ? known : '';
    const looked = await reach.ask(() => store.look(address, held));
    if (looked !== null) words.set(address.key, looked.generation);
    return looked;
  }

  async function read(address: CacheAddress, found: Look['found']): Promise<Loaded<V> | null> {
    if (found === 'same') return null;
    const loaded = found === 'none' ? null : await loadOnce.read(address, found);
    if (loaded === null) metrics.cacheMiss(layer);
    else metrics.cacheHit(layer);
    return loaded;
  }

  return {
    async getOrLoad(address, load, { signal } = {}) {
      signal?.throwIfAborted();
      const wait = signal === undefined ? {} : { signal };
      const isCurrent = forgets.watch(address.scope);
      const looked = await look(address);
      const held = heldAt(address, looked?.generation ?? words.get(address.key) ?? '');
      if (looked === null) return memory.getOrLoad(held, load, { ttlMs, ...wait });
      let loaded = await read(address, looked.found);
      const loadShared = async (stop: AbortSignal): Promise<V> => {
        loaded ??= await loadOnce.load(address, looked.generation, load, stop);
        return loaded.value;
      };
      const keptMs = () => (isCurrent() ? (loaded?.ttlMs ?? 0) : 0);
      const { value, hit } = await memory.getOrLoad(held, loadShared, { ttlMs: keptMs, ...wait });
      return { value, hit: hit || loaded?.shared === true };
    },
    async peek(address) {
      const looked = await look(address);
      const loaded = looked === null ? null : await read(address, looked.found);
      if (loaded !== null) return loaded.value;
      return memory.peek(heldAt(address, looked?.generation ?? words.get(address.key) ?? ''));
    },
    async forget(scope) {
      forgets.note(scope);
      memory.clear(scope);
      await owed.forget(scope);
    },
    isShared: () => reach.reachable() && owed.size() === 0,
    close: () => owed.close(),
  };
}

function reachOf<V>({ name, log, nowMs, metrics }: LayeredCacheOptions<V>, layer: string): Reach {
  return createReach({
    what: `The shared cache (${name})`,
    log,
    ...(nowMs && { nowMs }),
    onError: () => metrics.cacheEvent(layer, 'error'),
  });
}

/** Those of this process: what was on its way meanwhile is given, and not kept. */
function createForgets() {
  const counts = new LRUCache<string, number>({ max: MAX_WORDS });
  return {
    note: (scope: string) => void counts.set(scope, (counts.get(scope) ?? 0) + 1),
    /** @returns whether nothing was forgotten since. */
    watch(scope: string): () => boolean {
      const before = counts.get(scope);
      return () => counts.get(scope) === before;
    },
  };
}

function heldAt({ key }: CacheAddress, word: string): string {
  return `${key}@${word}`;
}

function memoryOnly<V>(memory: MemoryCache<V>, ttlMs: (value: V) => number): LayeredCache<V> {
  return {
    getOrLoad: ({ key }, load, { signal } = {}) =>
      memory.getOrLoad(key, load, { ttlMs, ...(signal && { signal }) }),
    peek: ({ key }) => Promise.resolve(memory.peek(key)),
    forget(scope) {
      memory.clear(scope);
      return Promise.resolve();
    },
    isShared: () => null,
    close: () => undefined,
  };
}
