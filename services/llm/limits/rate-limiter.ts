import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { RedisClient } from '../../cache/connect-redis.ts';
import { createReach } from '../../cache/reach.ts';
import { RATE_SCRIPT } from './rate-script.ts';
import type { RateLimits, RateWindow, Reservation } from './rate-window.ts';
import { createRateWindow } from './rate-window.ts';

/** Requests and tokens a minute of each key, reserved before a call and settled after it. */
export interface RateLimiter {
  /** @param tokens the most that the call can use. */
  reserve(key: string, limits: RateLimits, tokens: number): Promise<Reservation>;
  /** @param deltaTokens what was used less what was reserved. Never throws. */
  settle(key: string, slot: number, deltaTokens: number): Promise<void>;
}

const MAX_KEYS = 10_000;
const PREFIX = 'ostinato:rate:';

/** For one process alone. */
export function createLocalRateLimiter(deps: { readonly nowMs: () => number }): RateLimiter {
  const windows = new LRUCache<string, RateWindow>({ max: MAX_KEYS });
  const windowOf = (key: string): RateWindow => {
    const found = windows.get(key) ?? createRateWindow();
    windows.set(key, found);
    return found;
  };
  return {
    reserve: async (key, limits, tokens) => windowOf(key).reserve(limits, tokens, deps.nowMs()),
    settle: async (key, slot, delta) => windowOf(key).settle(slot, delta, deps.nowMs()),
  };
}

type Scripted = RedisClient & {
  ostinatoRate(key: string, ...args: (string | number)[]): Promise<[number, number]>;
};

/**
 * For all processes on one Redis. While it does not answer, each process counts for itself: calls go
 * on, and the provider's own 429 is the limit.
 *
 * @param deps.redis not closed by the limiter.
 * @param deps.nowMs only for tests: Redis has its own clock.
 */
export function createSharedRateLimiter(deps: {
  readonly redis: RedisClient;
  readonly log: Logger;
  readonly nowMs?: () => number;
}): RateLimiter {
  deps.redis.defineCommand('ostinatoRate', { numberOfKeys: 1, lua: RATE_SCRIPT });
  const redis = deps.redis as Scripted;
  const local = createLocalRateLimiter({ nowMs: deps.nowMs ?? Date.now });
  const now = () => (deps.nowMs === undefined ? '' : deps.nowMs());
  const reach = createReach({
    what: 'Redis (rate limits)',
    log: deps.log,
    onError: () => undefined,
  });

  return {
    async reserve(key, limits, tokens) {
      const answer = await reach.ask(() =>
        redis.ostinatoRate(
          `${PREFIX}{${key}}`,
          'reserve',
          limits.requestsPerMinute ?? -1,
          limits.tokensPerMinute ?? -1,
          Math.ceil(tokens),
          now(),
        ),
      );
      if (answer === null) return local.reserve(key, limits, tokens);
      const [slot, waitMs] = answer;
      if (slot >= 0) return { kind: 'granted', slot };
      return { kind: 'denied', waitMs: waitMs < 0 ? null : waitMs };
    },
    async settle(key, slot, delta) {
      const args = ['settle', slot, Math.ceil(delta), '', now()];
      const answer = await reach.ask(() => redis.ostinatoRate(`${PREFIX}{${key}}`, ...args));
      if (answer === null) await local.settle(key, slot, delta);
    },
  };
}
