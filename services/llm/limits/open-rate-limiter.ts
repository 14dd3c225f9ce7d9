import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { RateLimiter } from './rate-limiter.ts';
import { createLocalRateLimiter, createSharedRateLimiter } from './rate-limiter.ts';

const RECONNECT_MS = 1_000;

/** The limits of this process's keys: shared with the others through Redis where there is one. */
export function openRateLimiter(deps: { readonly redisUrl: string | null; readonly log: Logger }): {
  readonly limiter: RateLimiter;
  close(): void;
} {
  if (deps.redisUrl === null) {
    return { limiter: createLocalRateLimiter({ nowMs: Date.now }), close: () => undefined };
  }
  const redis = new Redis(deps.redisUrl, {
    // The limiter has a deadline of its own and goes on alone: nothing may queue up for Redis.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => RECONNECT_MS,
  });
  // The limiter says once that Redis is away; each failed attempt to reconnect would say it again.
  redis.on('error', () => undefined);
  const limiter = createSharedRateLimiter({ redis, log: deps.log });
  return { limiter, close: () => redis.disconnect() };
}
