import { LRUCache } from 'lru-cache';
import type { Metrics } from '../telemetry/metrics.ts';

export interface MemoryCacheOptions<V> {
  /** Names the cache in metrics. */
  readonly name: string;
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** A value is served at most this long, ms. */
  readonly ttlMs: number;
  /** Estimated bytes of a value; a value above `maxBytes` is not kept. */
  readonly sizeOf: (value: V) => number;
  readonly metrics: Pick<Metrics, 'cacheHit' | 'cacheMiss' | 'cacheSize'>;
}

export interface LoadOptions<V> {
  /** @default the cache's */
  readonly ttlMs?: number;
  /** Whether a loaded value may be kept. @default always */
  readonly keep?: (value: V) => boolean;
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
    load: (signal: AbortSignal) => Promise<V>,
    options?: LoadOptions<V>,
  ): Promise<{ readonly value: V; readonly hit: boolean }>;
  delete(key: string): void;
  /**
   * Forgets every key that starts with the prefix (all without one). A load that is under way still
   * serves those who wait, but nobody joins it and its value is not kept.
   */
  clear(prefix?: string): void;
}

interface Load<V> {
  readonly value: Promise<V>;
  readonly abort: AbortController;
  waiting: number;
  ended: boolean;
}

export function createMemoryCache<V>(options: MemoryCacheOptions<V>): MemoryCache<V> {
  const { name, metrics } = options;
  // In a box, since lru-cache takes no `null` or `undefined`.
  const kept = new LRUCache<string, { readonly value: V }>({
    max: options.maxEntries,
    maxSize: options.maxBytes,
    ttl: options.ttlMs,
    sizeCalculation: (box, key) => Math.max(1, Math.ceil(options.sizeOf(box.value)) + key.length),
  });
  const loads = new Map<string, Load<V>>();
  const reportSize = (): void =>
    metrics.cacheSize(name, { entries: kept.size, bytes: kept.calculatedSize });

  function start(
    key: string,
    load: (signal: AbortSignal) => Promise<V>,
    { ttlMs, keep }: LoadOptions<V>,
  ): Load<V> {
    const abort = new AbortController();
    const run = async (): Promise<V> => {
      try {
        const value = await load(abort.signal);
        if (loads.get(key) === started && keep?.(value) !== false) {
          kept.set(key, { value }, ttlMs === undefined ? {} : { ttl: ttlMs });
          reportSize();
        }
        return value;
      } finally {
        started.ended = true;
        if (loads.get(key) === started) loads.delete(key);
      }
    };
    const started: Load<V> = {
      value: Promise.resolve().then(run),
      abort,
      waiting: 0,
      ended: false,
    };
    // Where every caller has left, a failure is nobody's.
    started.value.catch(() => undefined);
    loads.set(key, started);
    return started;
  }

  async function wait(key: string, load: Load<V>, signal: AbortSignal | undefined): Promise<V> {
    load.waiting += 1;
    try {
      return await (signal === undefined ? load.value : raceAbort(load.value, signal));
    } finally {
      load.waiting -= 1;
      if (load.waiting === 0 && !load.ended) {
        // Whoever comes now starts anew instead of joining a load that is being stopped.
        if (loads.get(key) === load) loads.delete(key);
        load.abort.abort(signal?.reason);
      }
    }
  }

  return {
    async getOrLoad(key, load, loadOptions = {}) {
      loadOptions.signal?.throwIfAborted();
      const box = kept.get(key);
      if (box !== undefined) {
        metrics.cacheHit(name);
        return { value: box.value, hit: true };
      }
      const joined = loads.get(key);
      if (joined === undefined) metrics.cacheMiss(name);
      else metrics.cacheHit(name);
      const value = await wait(key, joined ?? start(key, load, loadOptions), loadOptions.signal);
      return { value, hit: joined !== undefined };
    },
    delete(key) {
      loads.delete(key);
      if (kept.delete(key)) reportSize();
    },
    clear(prefix = '') {
      for (const key of loads.keys()) if (key.startsWith(prefix)) loads.delete(key);
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
      reportSize();
    },
  };
}

/** The promise's end, or the signal's reason if that comes first. */
async function raceAbort<V>(promise: Promise<V>, signal: AbortSignal): Promise<V> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
