import { LRUCache } from 'lru-cache';
import type { Metrics } from '../telemetry/metrics.ts';
import type { LoadFunction } from './shared-loads.ts';
import { createSharedLoads } from './shared-loads.ts';

export interface MemoryCacheOptions<V> {
  /** Names the cache in metrics. */
  readonly name: string;
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** A value is served at most this long, ms. */
  readonly ttlMs: number;
  /** Estimated bytes of a value; a value above `maxBytes` is not kept. */
  readonly sizeOf: (value: V) => number;
  /** A clock that never goes back, ms. @default `performance.now` */
  readonly nowMs?: () => number;
  readonly metrics: Pick<Metrics, 'cacheHit' | 'cacheMiss' | 'cacheSize'>;
}

export interface LoadOptions<V> {
  /** How long a loaded value is served, ms; 0: it is not kept. @default the cache's */
  readonly ttlMs?: number | ((value: V) => number);
  /** Ends this caller's wait. The load goes on while anyone else waits for it. */
  readonly signal?: AbortSignal;
}

/** Least recently used, with a time to live and a bound in bytes. Keys come from `cacheKey`. */
export interface MemoryCache<V> {
  /**
   * The value kept under the key, else the loaded one. Callers with one key share one load; a
   * failed load fails them all and is not kept.
   *
   * @param load gets a signal that is raised when nobody waits any more.
   */
  getOrLoad(
    key: string,
    load: LoadFunction<V>,
    options?: LoadOptions<V>,
  ): Promise<{ readonly value: V; readonly hit: boolean }>;
  /** Whether a value is kept under the key, and still served. */
  has(key: string): boolean;
  /** `null`: nothing is kept under the key, or it is no longer served. */
  peek(key: string): V | null;
  delete(key: string): void;
  /**
   * Forgets every key that starts with the prefix (all without one). A load that is under way still
   * serves those who wait, but nobody joins it and its value is not kept.
   */
  clear(prefix?: string): void;
}

export function createMemoryCache<V>(options: MemoryCacheOptions<V>): MemoryCache<V> {
  const { name, metrics, nowMs = () => performance.now() } = options;
  // In a box, since lru-cache takes no `null` or `undefined`.
  const kept = new LRUCache<string, { readonly value: V }>({
    max: options.maxEntries,
    maxSize: options.maxBytes,
    ttl: options.ttlMs,
    ttlResolution: 0,
    perf: { now: nowMs },
    sizeCalculation: (box, key) => Math.max(1, Math.ceil(options.sizeOf(box.value)) + key.length),
  });
  const loads = createSharedLoads<V>();
  const reportSize = (): void =>
    metrics.cacheSize(name, { entries: kept.size, bytes: kept.calculatedSize });

  return {
    async getOrLoad(key, load, { ttlMs = options.ttlMs, signal } = {}) {
      const box = kept.get(key);
      const hit = box !== undefined || loads.has(key);
      if (hit) metrics.cacheHit(name);
      else metrics.cacheMiss(name);
      if (box !== undefined) return { value: box.value, hit };
      const onLoaded = (value: V): void => {
        const ttl = typeof ttlMs === 'number' ? ttlMs : ttlMs(value);
        if (ttl <= 0) return;
        kept.set(key, { value }, { ttl });
        reportSize();
      };
      return { value: await loads.join(key, load, onLoaded, signal), hit };
    },
    has: (key) => kept.has(key),
    peek: (key) => kept.get(key)?.value ?? null,
    delete(key) {
      loads.forget((each) => each === key);
      if (kept.delete(key)) reportSize();
    },
    clear(prefix = '') {
      loads.forget((key) => key.startsWith(prefix));
      const before = kept.size;
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
      // Cleared around every effect: mostly nothing is there.
      if (kept.size !== before) reportSize();
    },
  };
}
