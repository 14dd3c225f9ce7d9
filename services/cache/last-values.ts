import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { fromPayload, toPayload } from './cache-payload.ts';
import { createReach } from './reach.ts';
import type { CacheAddress, SharedStore } from './shared-store.ts';

export interface LastValue<V> {
  readonly value: V;
  readonly ageMs: number;
}

/**
 * The last good value of each address, kept past its time for when nothing newer is to be had. What
 * was loaded before the last `forget` of its scope is not among them.
 */
export interface LastValues<V> {
  /** Loads, and keeps what came. Keeping never fails the call, nor makes it wait. */
  load(address: CacheAddress, load: () => Promise<V>): Promise<V>;
  find(address: CacheAddress, maxAgeMs: number): Promise<LastValue<V> | null>;
  /** In this process; where a store is shared, whoever owns the scope forgets it there. */
  forget(scope: string): void;
}

export interface LastValuesOptions<V> {
  readonly shared: SharedStore | null;
  /** Reads a value that came from outside; `null`: it is none. */
  readonly parse: (value: unknown) => V | null;
  /** Whether a value may stand in later. */
  readonly keeps: (value: V) => boolean;
  readonly keepMs: number;
  readonly maxBytes: number;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}

interface Held<V> {
  readonly value: V;
  readonly atMs: number;
  /** The word of the scope under which it was loaded; `null`: nothing is shared. */
  readonly generation: string | null;
}

const LEASE_MS = 1_000;
const MAX_SHARED_CHARS = 262_144;

export function createLastValues<V extends NonNullable<unknown>>(
  options: LastValuesOptions<V>,
): LastValues<V> {
  const { shared: store, parse, keeps, keepMs, nowMs = Date.now } = options;
  const held = new LRUCache<string, Held<V>>({
    max: 10_000,
    maxSize: options.maxBytes,
    ttl: keepMs,
    sizeCalculation: ({ value }, key) => JSON.stringify(value).length * 2 + key.length,
  });
  const reach = createReach({
    what: 'The shared cache (last values)',
    log: options.log,
    onError: () => undefined,
  });
  /** Counts forgets: a value that was being loaded meanwhile is not kept. */
  let forgets = 0;

  async function generationOf(address: CacheAddress): Promise<string | null> {
    if (store === null) return null;
    return (await reach.ask(() => store.look(address, '')))?.generation ?? null;
  }

  async function share(address: CacheAddress, { value, atMs, generation }: Held<V>): Promise<void> {
    if (store === null || generation === null) return;
    const payload = toPayload({ atMs, value: value as JsonValue });
    if (payload.length > MAX_SHARED_CHARS) return;
    const owner = randomUUID();
    await reach.ask(async () => {
      await store.drop(address);
      const claim = await store.claim(address, generation, owner, LEASE_MS);
      return claim.kind === 'leased'
        ? store.keep(address, generation, owner, { payload, ttlMs: keepMs })
        : false;
    });
  }

  return {
    async load(given, load) {
      const address = lastOf(given);
      const before = forgets;
      const generation = await generationOf(address);
      const value = await load();
      if (!keeps(value)) return value;
      const kept = { value, atMs: nowMs(), generation };
      if (before === forgets) held.set(address.key, kept);
      void share(address, kept);
      return value;
    },
    async find(given, maxAgeMs) {
      const address = lastOf(given);
      const mine = held.get(address.key);
      const look = store === null ? null : await reach.ask(() => store.look(address, ''));
      const isMineGood =
        mine !== undefined && (look === null || mine.generation === look.generation);
      const theirs =
        look === null || typeof look.found === 'string' ? null : read(look.found.payload, parse);
      const both = [...(isMineGood ? [mine] : []), ...(theirs === null ? [] : [theirs])];
      const [newest] = both.sort((a, b) => b.atMs - a.atMs);
      if (newest === undefined) return null;
      const ageMs = Math.max(0, nowMs() - newest.atMs);
      return ageMs <= maxAgeMs ? { value: newest.value, ageMs } : null;
    },
    forget(scope) {
      forgets += 1;
      for (const key of held.keys()) if (key.startsWith(scope)) held.delete(key);
    },
  };
}

/** Beside the value that is served while it is fresh, in the same scope: forgotten together. */
function lastOf({ scope, key }: CacheAddress): CacheAddress {
  return { scope, key: `${key}-last` };
}

function read<V>(
  payload: string,
  parse: (value: unknown) => V | null,
): Pick<Held<V>, 'value' | 'atMs'> | null {
  const written = fromPayload(payload);
  if (!isJsonObject(written) || typeof written['atMs'] !== 'number') return null;
  const value = parse(written['value']);
  return value === null ? null : { value, atMs: written['atMs'] };
}
