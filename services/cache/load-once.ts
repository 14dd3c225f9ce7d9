import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fromPayload, toPayload } from './cache-payload.ts';
import type { JsonValue } from '../../common/json.ts';
import type { Reach } from './reach.ts';
import type { LoadFunction } from './shared-loads.ts';
import type { CacheAddress, SharedStore, StoredPayload } from './shared-store.ts';

/** A loader that dies is missed after this long; one that lives renews three times as often. */
const LEASE_MS = 2_000;
/** Who has waited this long for another's load makes his own. */
const MAX_WAIT_MS = 60_000;
const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 100;

export interface LoadOnceDeps<V> {
  readonly store: SharedStore;
  readonly reach: Reach;
  /** `null`: the value is not one of this cache. */
  readonly parse: (value: unknown) => V | null;
  /** How long a value is served, ms; 0: it is not kept. */
  readonly ttlMs: (value: V) => number;
  /** A longer payload is not shared, characters. */
  readonly maxChars: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly nowMs: () => number;
  /** A value that another process was loading is waited for. */
  readonly onWait: () => void;
  /** An entry could not be read. */
  readonly onDamaged: () => void;
}

export interface Loaded<V> {
  readonly value: V;
  /** How long it may be served from now on, ms. */
  readonly ttlMs: number;
  /** Whether another process loaded it. */
  readonly shared: boolean;
}

/** Loads values of which no process has one: one loader at a time in all of them. */
export interface LoadOnce<V> {
  /**
   * The value that another process loads meanwhile, else the caller's own load.
   *
   * @param generation under which the caller found nothing
   * @param signal ends the wait; its reason is thrown
   */
  load(
    address: CacheAddress,
    generation: string,
    load: LoadFunction<V>,
    signal: AbortSignal,
  ): Promise<Loaded<V>>;
  /** @returns `null`, and removes it, where it is damaged. */
  read(address: CacheAddress, stored: StoredPayload): Promise<Loaded<V> | null>;
}

export function createLoadOnce<V>(deps: LoadOnceDeps<V>): LoadOnce<V> {
  const { store, reach, nowMs } = deps;
  const holding = createHolder(deps);

  const alone = async (load: LoadFunction<V>, signal: AbortSignal): Promise<Loaded<V>> => {
    const value = await load(signal);
    return { value, ttlMs: deps.ttlMs(value), shared: false };
  };

  async function read(address: CacheAddress, stored: StoredPayload): Promise<Loaded<V> | null> {
    const raw = fromPayload(stored.payload);
    const value = raw === undefined ? null : deps.parse(raw);
    if (value !== null) return { value, ttlMs: stored.ttlMs, shared: true };
    deps.onDamaged();
    await reach.ask(() => store.drop(address).then(() => true));
    return null;
  }

  return {
    read,
    async load(address, generation, load, signal) {
      const owner = randomUUID();
      const untilMs = nowMs() + MAX_WAIT_MS;
      let pauseMs = FIRST_PAUSE_MS;
      for (;;) {
        const claim = await reach.ask(() => store.claim(address, generation, owner, LEASE_MS));
        if (claim?.kind === 'leased')
          return holding(address, generation, owner, () => alone(load, signal));
        if (claim?.kind === 'value') {
          const loaded = await read(address, claim.stored);
          if (loaded !== null) return loaded;
        } else if (claim?.kind !== 'held') {
          return alone(load, signal);
        }
        if (nowMs() >= untilMs) return alone(load, signal);
        if (pauseMs === FIRST_PAUSE_MS) deps.onWait();
        await wait(pauseMs, signal);
        pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 1.5);
      }
    },
  };
}

/** Runs a load under a lease that the caller has, and gives the lease back with what it brought. */
function createHolder<V>({ store, reach, random, maxChars }: LoadOnceDeps<V>) {
  function toStored({ value, ttlMs }: Loaded<V>): StoredPayload | null {
    if (ttlMs <= 0) return null;
    const payload = toPayload(value as JsonValue);
    if (payload.length > maxChars) return null;
    // What was loaded together does not run out together.
    return { payload, ttlMs: ttlMs * (1 - 0.1 * random()) };
  }

  return async (
    address: CacheAddress,
    generation: string,
    owner: string,
    load: () => Promise<Loaded<V>>,
  ): Promise<Loaded<V>> => {
    const renew = () => void reach.ask(() => store.renew(address, owner, LEASE_MS));
    const renewing = setInterval(renew, LEASE_MS / 3).unref();
    let stored: StoredPayload | null = null;
    try {
      const loaded = await load();
      stored = toStored(loaded);
      return loaded;
    } finally {
      clearInterval(renewing);
      await reach.ask(async () => {
        if (stored === null) await store.open(address, owner);
        else await store.keep(address, generation, owner, stored);
        return true;
      });
    }
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  // A rejected pause has an error of its own: the caller wants the signal's reason.
  await pause(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
