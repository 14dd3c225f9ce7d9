import type { Logger } from 'pino';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
import type { BreakerDecision, Breakers, BreakerSettings, BreakerTarget } from './breakers.ts';
import { connectRedis } from '../cache/connect-redis.ts';
import { createBreakers } from './breakers.ts';
import { createFallbackBreakerStore } from './fallback-breaker-store.ts';
import { createLocalBreakerStore } from './local-breaker-store.ts';
import { createRedisBreakerStore } from './redis-breaker-store.ts';
import { resolveOverrides } from './settings/breaker-overrides.ts';

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
  /** @default the preset of the kind of target */
  readonly settings?: (target: BreakerTarget) => BreakerSettings | Promise<BreakerSettings>;
  readonly onDecision?: (target: BreakerTarget, decision: BreakerDecision) => void;
  readonly onTransition?: (target: BreakerTarget, transition: BreakerTransition) => void;
}): OpenBreakers {
  const { log, settings = usualSettings } = deps;
  const judging = {
    settings,
    log,
    ...(deps.onDecision && { onDecision: deps.onDecision }),
    ...(deps.onTransition && { onTransition: deps.onTransition }),
  };
  const local = createLocalBreakerStore({ nowMs: Date.now });
  if (deps.redisUrl === null) {
    const breakers = createBreakers({ store: local, ...judging });
    return { breakers, isShared: null, close: () => breakers.close() };
  }
  // The breaker has a deadline of its own and goes on alone: nothing may queue up for Redis.
  const redis = connectRedis(deps.redisUrl);
  const shared = createRedisBreakerStore({ redis });
  const store = createFallbackBreakerStore({ shared, local, log, nowMs: Date.now });
  const breakers = createBreakers({ store, ...judging });
  return {
    breakers,
    isShared: () => redis.status === 'ready' && !store.degraded(),
    async close() {
      await breakers.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}

const OF_PROVIDERS = resolveOverrides('provider', {});
const OF_OTHERS = resolveOverrides('mcp-remote', {});

function usualSettings({ kind }: BreakerTarget): BreakerSettings {
  return kind === 'provider' ? OF_PROVIDERS : OF_OTHERS;
}
