import { randomUUID } from 'node:crypto';
import type { RedisClient } from './connect-redis.ts';
import { CLAIM, KEEP, LOOK, OPEN, RENEW } from './shared-cache-scripts.ts';
import type { CacheAddress, Claim, SharedStore } from './shared-store.ts';

const PREFIX = 'ostinato:cache:';
/** A scope lies in this many slots, so that a large tenant's load spreads over a cluster. */
const PARTS = 16;
const GENERATION_S = 24 * 3_600;
const OPEN_MS = 1_000;

type Reply = readonly (string | number)[];
/** A client that knows the scripts as commands; ioredis sends their hash, and their text when needed. */
interface Scripts {
  ostinatoCacheLook(...args: readonly string[]): Promise<Reply>;
  ostinatoCacheClaim(...args: readonly string[]): Promise<Reply>;
  ostinatoCacheRenew(...args: readonly string[]): Promise<number>;
  ostinatoCacheKeep(...args: readonly string[]): Promise<number>;
  ostinatoCacheOpen(...args: readonly string[]): Promise<number>;
}

/** @param redis not closed by the store. The scripts become commands of this client. */
export function createRedisStore(redis: RedisClient): SharedStore {
  const scripts = defineScripts(redis);
  return {
    async look(address, held) {
      const { generation, entry } = keysOf(address);
      const fresh = randomUUID();
      const [word, found, payload, ttl] = await scripts.ostinatoCacheLook(
        generation,
        entry,
        ...[held, fresh, String(GENERATION_S)],
      );
      return {
        generation: String(word),
        found:
          found === 'value'
            ? { payload: String(payload), ttlMs: Number(ttl) }
            : found === 'same'
              ? 'same'
              : 'none',
      };
    },
    async claim(address, word, owner, leaseMs) {
      const { generation, entry, lease } = keysOf(address);
      const args = [word, owner, String(leaseMs)];
      return toClaim(await scripts.ostinatoCacheClaim(generation, entry, lease, ...args));
    },
    async renew(address, owner, leaseMs) {
      const { lease } = keysOf(address);
      return (await scripts.ostinatoCacheRenew(lease, owner, String(leaseMs))) === 1;
    },
    async keep(address, word, owner, { payload, ttlMs }) {
      const { generation, entry, lease } = keysOf(address);
      const args = [word, owner, payload, String(Math.max(1, Math.round(ttlMs)))];
      return (await scripts.ostinatoCacheKeep(generation, entry, lease, ...args)) === 1;
    },
    async open(address, owner) {
      await scripts.ostinatoCacheOpen(keysOf(address).lease, owner, String(OPEN_MS));
    },
    async drop(address) {
      await redis.del(keysOf(address).entry);
    },
    async forget(scope) {
      // One command a key: in a cluster they lie on several nodes.
      const parts = Array.from({ length: PARTS }, (_, part) => generationKey(scope, part));
      await Promise.all(parts.map((key) => redis.del(key)));
    },
  };
}

function defineScripts(redis: RedisClient): Scripts {
  redis.defineCommand('ostinatoCacheLook', { numberOfKeys: 2, lua: LOOK });
  redis.defineCommand('ostinatoCacheClaim', { numberOfKeys: 3, lua: CLAIM });
  redis.defineCommand('ostinatoCacheRenew', { numberOfKeys: 1, lua: RENEW });
  redis.defineCommand('ostinatoCacheKeep', { numberOfKeys: 3, lua: KEEP });
  redis.defineCommand('ostinatoCacheOpen', { numberOfKeys: 1, lua: OPEN });
  return redis as unknown as Scripts;
}

/** The braces keep a part's keys in one slot of a cluster; a scope holds no brace of its own. */
function tag(scope: string, part: number): string {
  return `${PREFIX}{${scope}${part}}`;
}

function generationKey(scope: string, part: number): string {
  return `${tag(scope, part)}:generation`;
}

function keysOf({ scope, key }: CacheAddress): {
  readonly generation: string;
  readonly entry: string;
  readonly lease: string;
} {
  const name = key.slice(scope.length);
  // The name is a hash: its first character is as good as random.
  const part = (name.codePointAt(0) ?? 0) % PARTS;
  return {
    generation: generationKey(scope, part),
    entry: `${tag(scope, part)}:value:${name}`,
    lease: `${tag(scope, part)}:lease:${name}`,
  };
}

function toClaim([kind, payload, ttl]: Reply): Claim {
  if (kind === 'value') {
    return { kind, stored: { payload: String(payload), ttlMs: Number(ttl) } };
  }
  if (kind === 'leased' || kind === 'held' || kind === 'open' || kind === 'moved') return { kind };
  throw new Error(`The shared cache answered ${JSON.stringify(kind)}, which is no claim.`);
}
