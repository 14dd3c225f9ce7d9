import type { Logger } from 'pino';
import { BREAKER_POLICIES } from '../../common/breaker-policies.ts';
import type { Breakers, BreakerSettings, BreakerTarget } from './breakers.ts';
import { connectRedis } from '../cache/connect-redis.ts';
import { createBreakers } from './breakers.ts';
import { createFallbackBreakerStore } from './fallback-breaker-store.ts';
import { createLocalBreakerStore } from './local-breaker-store.ts';
import { createRedisBreakerStore } from './redis-breaker-store.ts';

export interface OpenBreakers {
  readonly breakers: Breakers;
  /** `null`: no Redis is configured, each process judges for itself. */
  readonly isShared: (() => boolean) | null;
  close(): Promise<void>;
}

/**
 * The breakers of this process: shared with the others through Redis where there is one, and on its
 * own evidence where there is none or it does not answer.
 */
export function openBreakers(deps: {
  readonly redisUrl: string | null;
  readonly log: Logger;
}): OpenBreakers {
  const local = createLocalBreakerStore({ nowMs: Date.now });
  if (deps.redisUrl === null) {
    const breakers = createBreakers({ store: local, settings, log: deps.log });
    return { breakers, isShared: null, close: () => breakers.close() };
  }
  // The breaker has a deadline of its own and goes on alone: nothing may queue up for Redis.
  const redis = connectRedis(deps.redisUrl);
  const shared = createRedisBreakerStore({ redis });
  const store = createFallbackBreakerStore({ shared, local, log: deps.log, nowMs: Date.now });
  const breakers = createBreakers({ store, settings, log: deps.log });
  return {
    breakers,
    isShared: () => redis.status === 'ready' && !store.degraded(),
    async close() {
      await breakers.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}

function settings({ kind }: BreakerTarget): BreakerSettings {
  const preset = kind === 'provider' ? 'provider' : 'mcp-remote';
  return { policy: BREAKER_POLICIES[preset], mode: 'enforce' };
}
