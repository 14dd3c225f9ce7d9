import type { Logger } from 'pino';
import type { RedisClient } from '../../cache/connect-redis.ts';
import { createReach } from '../../cache/reach.ts';

/** Waits that providers asked for (a 429 with a date), known to every worker. */
export interface KeyWaits {
  /**
   * What the workers know of these keys, at most 250 ms old.
   *
   * @returns how long each key waits, ms, without those that do not; `null`: what was known a moment
   *   ago still holds. Never throws; while Redis is away, each worker knows its own.
   */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, number> | null>;
  /** Tells the others. A longer wait wins. */
  note(id: string, waitMs: number): void;
}

const PREFIX = 'ostinato:key-wait:';
const MAX_AGE_MS = 250;

const NOTE = `
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
export function createKeyWaits(deps: {
  readonly redis: RedisClient;
  readonly log: Logger;
  readonly nowMs?: () => number;
}): KeyWaits {
  const { nowMs = () => performance.now() } = deps;
  deps.redis.defineCommand('ostinatoKeyWait', { numberOfKeys: 1, lua: NOTE });
  const redis = deps.redis as Scripted;
  const readAtMs = new Map<string, number>();
  const reach = createReach({
    what: 'Redis (waits of keys)',
    log: deps.log,
    onError: () => undefined,
  });
  return {
    async read(ids) {
      const atMs = nowMs();
      const due = ids.filter((id) => atMs - (readAtMs.get(id) ?? -Infinity) >= MAX_AGE_MS);
      if (due.length === 0) return null;
      for (const id of due) readAtMs.set(id, atMs);
      // One command a key: in a cluster they lie on several nodes.
      const waits = await reach.ask(() => Promise.all(due.map((id) => redis.pttl(PREFIX + id))));
      const found = due.flatMap((id, at) => {
        const waitMs = waits?.[at] ?? 0;
        return waitMs > 0 ? [[id, waitMs] as const] : [];
      });
      return new Map(found);
    },
    note(id, waitMs) {
      if (waitMs < 1) return;
      void reach.ask(() => redis.ostinatoKeyWait(PREFIX + id, String(Math.ceil(waitMs))));
    },
  };
}
