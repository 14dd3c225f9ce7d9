import type { Logger } from 'pino';
import { connectRedis } from '../cache/connect-redis.ts';
import type { CallLimiter } from './call-limiter.ts';
import { createCallLimiter } from './call-limiter.ts';

/** The limits of this process's calls: shared with the others through Redis where there is one. */
export function openCallLimiter(deps: {
  readonly redisUrl: string | null;
  readonly log: Logger;
}): CallLimiter & { close(): void } {
  const redis = deps.redisUrl === null ? null : connectRedis(deps.redisUrl);
  const limiter = createCallLimiter({ redis, log: deps.log });
  return { ...limiter, close: () => redis?.disconnect() };
}
