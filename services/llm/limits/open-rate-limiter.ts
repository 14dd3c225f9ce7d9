import type { Logger } from 'pino';
import { connectRedis } from '../../cache/connect-redis.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { createLocalRateLimiter, createSharedRateLimiter } from './rate-limiter.ts';
import type { SharedKeys } from './shared-keys.ts';
import { createSharedKeys } from './shared-keys.ts';

/** The limits of this process's keys: shared with the others through Redis where there is one. */
export function openRateLimiter(deps: { readonly redisUrl: string | null; readonly log: Logger }): {
  readonly limiter: RateLimiter;
  /** `null`: nothing is shared. */
  readonly keys: SharedKeys | null;
  close(): void;
} {
  if (deps.redisUrl === null) {
    const limiter = createLocalRateLimiter({ nowMs: Date.now });
    return { limiter, keys: null, close: () => undefined };
  }
  const redis = connectRedis(deps.redisUrl);
  const limiter = createSharedRateLimiter({ redis, log: deps.log });
  const keys = createSharedKeys({ redis, log: deps.log });
  return {
    limiter,
    keys,
    close() {
      keys.close();
      redis.disconnect();
    },
  };
}
