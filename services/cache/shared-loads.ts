export type LoadFunction<V> = (signal: AbortSignal) => Promise<V>;

/** Loads under way, one a key, each shared by all who ask for the key meanwhile. */
export interface SharedLoads<V> {
  has(key: string): boolean;
  /**
   * Joins the key's load, or starts it.
   *
   * @param load gets a signal that is raised when nobody waits any more.
   * @param onLoaded gets the value unless the load was forgotten meanwhile.
   * @param signal ends this caller's wait only.
   */
  join(
    key: string,
    load: LoadFunction<V>,
    onLoaded: (value: V) => void,
    signal: AbortSignal | undefined,
  ): Promise<V>;
  /** Nobody joins these loads any more. Those who wait are still served. */
  forget(matches: (key: string) => boolean): void;
}

interface Load<V> {
  readonly value: Promise<V>;
  readonly abort: AbortController;
  waiting: number;
  ended: boolean;
}

export function createSharedLoads<V>(): SharedLoads<V> {
  const loads = new Map<string, Load<V>>();

  function start(key: string, load: LoadFunction<V>, onLoaded: (value: V) => void): Load<V> {
    const abort = new AbortController();
    const run = async (): Promise<V> => {
      try {
        const value = await load(abort.signal);
        if (loads.get(key) === started) onLoaded(value);
        return value;
      } finally {
        started.ended = true;
        if (loads.get(key) === started) loads.delete(key);
      }
    };
    const value = Promise.resolve().then(run);
    // Where every caller has left, a failure is nobody's.
    value.catch(() => undefined);
    const started: Load<V> = { value, abort, waiting: 0, ended: false };
    loads.set(key, started);
    return started;
  }

  return {
    has: (key) => loads.has(key),
    async join(key, load, onLoaded, signal) {
      signal?.throwIfAborted();
      const joined = loads.get(key) ?? start(key, load, onLoaded);
      joined.waiting += 1;
      try {
        return await (signal === undefined ? joined.value : raceAbort(joined.value, signal));
      } finally {
        joined.waiting -= 1;
        if (joined.waiting === 0 && !joined.ended) {
          // Whoever comes now starts anew instead of joining a load that is being stopped.
          if (loads.get(key) === joined) loads.delete(key);
          joined.abort.abort(signal?.reason);
        }
      }
    },
    forget(matches) {
      for (const key of loads.keys()) if (matches(key)) loads.delete(key);
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
