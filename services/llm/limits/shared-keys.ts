import type { Logger } from 'pino';
import type { RedisClient } from '../../cache/connect-redis.ts';
import { createReach } from '../../cache/reach.ts';

/** What some worker learned of a key. */
export interface SharedKey {
  /** The provider asked to wait so long, ms; 0: it did not. */
  readonly waitMs: number;
  /** Why nobody uses it until an operator enables it; `null`: it is in use. */
  readonly disabledFor: string | null;
}

/** What providers said about keys, known to every worker: while Redis is away, each knows its own. */
export interface SharedKeys {
  /**
   * What the workers know of these keys, at most 250 ms old. Never throws.
   *
   * @returns those that were looked up; `null`: what was known a moment ago still holds.
   */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, SharedKey> | null>;
  /** A 429 with a date. A longer wait wins. */
  wait(id: string, waitMs: number): void;
  /** @returns whether this worker is the first to say so, as far as it can know. */
  disable(id: string, why: string): Promise<boolean>;
  /** @returns whether one of them was out of use. */
  enable(ids: readonly string[]): Promise<boolean>;
  /** What Redis does not know by now, it will not learn from this process. */
  close(): void;
}

const WAIT = 'ostinato:key-wait:';
const DISABLED = 'ostinato:key-disabled:';
const MAX_AGE_MS = 250;
/** A key that nobody has any more is forgotten; one that is still refused is refused once more. */
const DISABLED_S = 90 * 86_400;
/** Between two attempts to tell Redis what it does not know yet. */
const TELL_AGAIN_MS = 1_500;

const LONGER_WAIT = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 1
`;

type Scripted = RedisClient & {
  ostinatoKeyWait(key: string, waitMs: string): Promise<number>;
};

/**
 * @param deps.redis not closed here. The script becomes a command of this client.
 * @param deps.nowMs a clock that never goes back, ms. @default `performance.now`
 */
export function createSharedKeys(deps: {
  readonly redis: RedisClient;
  readonly log: Logger;
  readonly nowMs?: () => number;
}): SharedKeys {
  const { nowMs = () => performance.now() } = deps;
  deps.redis.defineCommand('ostinatoKeyWait', { numberOfKeys: 1, lua: LONGER_WAIT });
  const redis = deps.redis as Scripted;
  const readAtMs = new Map<string, number>();
  /** What Redis has not confirmed yet, and what therefore holds here; `null`: the key is in use. */
  const owed = new Map<string, string | null>();
  const { ask } = createReach({ what: 'Redis (keys)', log: deps.log, onError: () => undefined });

  /** @returns what was changed by it: 0 where it was so already; `null`: Redis is away. */
  async function tell(id: string, why: string | null): Promise<number | null> {
    owed.set(id, why);
    const changed = await ask(async () => {
      if (why === null) return redis.del(DISABLED + id);
      return (await redis.set(DISABLED + id, why, 'EX', DISABLED_S, 'NX')) === null ? 0 : 1;
    });
    if (changed === null) again ??= setTimeout(tellAgain, TELL_AGAIN_MS).unref();
    else if (owed.get(id) === why) owed.delete(id);
    return changed;
  }
  let again: NodeJS.Timeout | null = null;
  function tellAgain(): void {
    again = null;
    for (const [id, why] of owed) void tell(id, why);
  }

  const look = async (id: string): Promise<readonly [string, SharedKey]> => {
    const [waitMs, disabledFor] = await Promise.all([
      redis.pttl(WAIT + id),
      redis.get(DISABLED + id),
    ]);
    return [id, { waitMs: Math.max(0, waitMs), disabledFor }];
  };

  return {
    async read(ids) {
      const atMs = nowMs();
      const due = ids.filter((id) => atMs - (readAtMs.get(id) ?? -Infinity) >= MAX_AGE_MS);
      if (due.length === 0) return null;
      for (const id of due) readAtMs.set(id, atMs);
      // Commands of one key each: in a cluster they lie on several nodes.
      const found = await ask(() => Promise.all(due.map(look)));
      if (found === null) return null;
      return new Map(found.map(([id, key]) => [id, mine(id, key)]));
    },
    wait(id, waitMs) {
      if (waitMs < 1) return;
      void ask(() => redis.ostinatoKeyWait(WAIT + id, String(Math.ceil(waitMs))));
    },
    disable: async (id, why) => (await tell(id, why)) !== 0,
    async enable(ids) {
      const changed = await Promise.all(ids.map((id) => tell(id, null)));
      return changed.some((count) => count !== null && count > 0);
    },
    close() {
      owed.clear();
      if (again !== null) clearTimeout(again);
    },
  };

  /** A word that is not out yet is newer than what Redis says. */
  function mine(id: string, key: SharedKey): SharedKey {
    const disabledFor = owed.get(id);
    return disabledFor === undefined ? key : { ...key, disabledFor };
  }
}
