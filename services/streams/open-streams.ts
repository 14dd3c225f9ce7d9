import type { Logger } from 'pino';
import { connectRedis } from '../cache/connect-redis.ts';
import type { LiveStreams } from './live-streams.ts';
import { createMemoryStreams } from './memory-streams.ts';
import { createRedisStreams } from './redis-streams.ts';

/**
 * The side channel of runs: Redis where it is configured, so that every process reads what any other
 * writes, else this process alone.
 */
export function openStreams(options: {
  readonly redisUrl: string | null;
  readonly log: Logger;
}): LiveStreams {
  if (options.redisUrl === null) return createMemoryStreams();
  const redis = connectRedis(options.redisUrl);
  const streams = createRedisStreams(redis, options);
  return {
    ...streams,
    async close() {
      await streams.close();
      redis.disconnect();
    },
  };
}
