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
  /**
   * @param sentMsAgo how long ago the call was sent that was refused.
   * @returns `news` where this worker is the first to say so, as far as it can know; `late` where the key
   *   was enabled after that call was sent, by any worker: then nothing is changed.
   */
  disable(id: string, why: string, sentMsAgo: number): Promise<'news' | 'known' | 'late'>;
  /** @returns whether one of them was out of use. */
  enable(ids: readonly string[]): Promise<boolean>;
  /** What Redis does not know by now, it will not learn from this process. */
  close(): void;
}

/** What is said of a key: why it is out of use, or `null`: it is in use. */
interface Word {
  readonly why: string | null;
  /** When the call was sent that says so. */
  readonly sentAtMs: number;
}

const WAIT = 'ostinato:key-wait:';
const DISABLED = 'ostinato:key-disabled:';
const ENABLED = 'ostinato:key-enabled:';
const MAX_AGE_MS = 250;
/** A key that nobody has any more is forgotten; one that is still refused is refused once more. */
const DISABLED_S = 90 * 86_400;
/** No call takes longer. How long is left of it says when a key was enabled, by one clock for all. */
const ENABLED_MS = 3_600_000;
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
  /** What Redis has not confirmed yet, and what therefore holds here. */
  const owed = new Map<string, Word>();
  const { ask } = createReach({ what: 'Redis (keys)', log: deps.log, onError: () => undefined });

  /** @returns what was changed by it: 0 where it was so already; `null`: Redis is away. */
  async function tell(id: string, word: Word): Promise<number | 'late' | null> {
    owed.set(id, word);
    const changed = await ask(() =>
      word.why === null ? enable(redis, id) : disable(redis, id, word.why, nowMs() - word.sentAtMs),
    );
    if (changed === null) again ??= setTimeout(tellAgain, TELL_AGAIN_MS).unref();
    else if (owed.get(id) === word) owed.delete(id);
    return changed;
  }
  let again: NodeJS.Timeout | null = null;
  function tellAgain(): void {
    again = null;
    for (const [id, word] of owed) void tell(id, word);
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
    async disable(id, why, sentMsAgo) {
      const changed = await tell(id, { why, sentAtMs: nowMs() - sentMsAgo });
      return changed === 'late' ? 'late' : changed === 0 ? 'known' : 'news';
    },
    async enable(ids) {
      const changed = await Promise.all(
        ids.map((id) => tell(id, { why: null, sentAtMs: nowMs() })),
      );
      return changed.some((count) => typeof count === 'number' && count > 0);
    },
    close() {
      owed.clear();
      if (again !== null) clearTimeout(again);
    },
  };

  /** A word that is not out yet is newer than what Redis says. */
  function mine(id: string, key: SharedKey): SharedKey {
    const word = owed.get(id);
    return word === undefined ? key : { ...key, disabledFor: word.why };
  }
}

/** @returns how many keys that made usable: 0 or 1. */
async function enable(redis: RedisClient, id: string): Promise<number> {
  // First, so that no late word of another worker comes in between.
  await redis.set(ENABLED + id, '1', 'PX', ENABLED_MS);
  return redis.del(DISABLED + id);
}

/** @returns how many keys that took out of use: 0 or 1. */
async function disable(
  redis: RedisClient,
  id: string,
  why: string,
  sentMsAgo: number,
): Promise<number | 'late'> {
  const leftMs = await redis.pttl(ENABLED + id);
  if (leftMs > 0 && sentMsAgo > ENABLED_MS - leftMs) return 'late';
  return (await redis.set(DISABLED + id, why, 'EX', DISABLED_S, 'NX')) === null ? 0 : 1;
}
