import type { Logger } from 'pino';
import type { RedisClient } from '../connect-redis.ts';
import { createReach } from '../reach.ts';

/** In which order the workers of an installation learned what: each reads all of it. */
export interface SemanticLog {
  /**
   * Records behind the cursor, oldest first, at most 500.
   *
   * @param after `''`: from the oldest that is kept.
   * @returns `null` where the log cannot be reached.
   */
  read(owner: string, after: string): Promise<readonly LoggedRecord[] | null>;
  /** @returns whether it was written. */
  append(owner: string, record: string): Promise<boolean>;
}

export interface LoggedRecord {
  /** Where to read on. */
  readonly cursor: string;
  readonly record: string;
}

const PREFIX = 'ostinato:semantic:';
const PAGE = 500;
/** Newer ones push out the oldest. */
const MAX_RECORDS = 5_000;
/** Longer than any entry lives. */
const KEEP_MS = 24 * 3_600_000;
/** A longer answer is kept by the worker that got it. */
const MAX_RECORD_CHARS = 64 * 1024;

/**
 * A stream of Redis for each owner.
 *
 * @param redis not closed by the log.
 */
export function createSemanticLog(
  redis: RedisClient,
  deps: { readonly onError: () => void; readonly log: Logger },
): SemanticLog {
  const reach = createReach({ what: 'the log of the semantic cache', ...deps });
  return {
    async read(owner, after) {
      // An id in brackets is left out itself.
      const from = after === '' ? '-' : `(${after}`;
      const read = () => redis.xrange(PREFIX + owner, from, '+', 'COUNT', PAGE);
      const found = await reach.ask(read);
      return found?.map(([cursor, fields]) => ({ cursor, record: fields[1] ?? '' })) ?? null;
    },
    async append(owner, record) {
      if (record.length > MAX_RECORD_CHARS) return false;
      const key = PREFIX + owner;
      const id = await reach.ask(async () => {
        const added = await redis.xadd(key, 'MAXLEN', '~', MAX_RECORDS, '*', 'r', record);
        await redis.pexpire(key, KEEP_MS);
        return added ?? '';
      });
      return id !== null;
    },
  };
}
