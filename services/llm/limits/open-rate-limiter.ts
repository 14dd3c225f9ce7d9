import type { Logger } from 'pino';
import { connectRedis } from '../../cache/connect-redis.ts';
import type { KeyWaits } from './key-waits.ts';
import { createKeyWaits } from './key-waits.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { createLocalRateLimiter, createSharedRateLimiter } from './rate-limiter.ts';

/** The limits of this process's keys: shared with the others through Redis where there is one. */
export function openRateLimiter(deps: { readonly redisUrl: string | null; readonly log: Logger }): {
  readonly limiter: RateLimiter;
  /** `null`: nothing is shared. */
  readonly waits: KeyWaits | null;
  close(): void;
} {
  if (deps.redisUrl === null) {
    const limiter = createLocalRateLimiter({ nowMs: Date.now });
    return { limiter, waits: null, close: () => undefined };
  }
  const redis = connectRedis(deps.redisUrl);
  const limiter = createSharedRateLimiter({ redis, log: deps.log });
  const waits = createKeyWaits({ redis, log: deps.log });
  return { limiter, waits, close: () => redis.disconnect() };
}
