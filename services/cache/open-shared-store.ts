import { once } from 'node:events';
import type { RedisClient } from './connect-redis.ts';
import { connectRedis } from './connect-redis.ts';
import { createRedisStore } from './redis-store.ts';
import type { SharedStore } from './shared-store.ts';

export interface OpenSharedStore {
  /** `null`: no Redis is configured. */
  readonly store: SharedStore | null;
  /** For what else is shared; not to be closed. */
  readonly client: RedisClient | null;
  close(): void;
}

const FIRST_CONNECTION_MS = 1_000;

/**
 * The store that the caches of several processes share. Waits a second for its first connection; where
 * there is none by then, the caches go on without it and use it as soon as it is there.
 *
 * @param redisUrl as in `connectRedis`; `null`: none is configured.
 */
export async function openSharedStore(redisUrl: string | null): Promise<OpenSharedStore> {
  if (redisUrl === null) return { store: null, client: null, close: () => undefined };
  const redis = connectRedis(redisUrl);
  // No cache is worth more than this at start-up.
  await once(redis, 'ready', { signal: AbortSignal.timeout(FIRST_CONNECTION_MS) }).catch(
    () => undefined,
  );
  return { store: createRedisStore(redis), client: redis, close: () => redis.disconnect() };
}
