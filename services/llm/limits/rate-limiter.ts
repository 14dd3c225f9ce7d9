import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
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
const SHARED_TIMEOUT_MS = 250;
const RETRY_AFTER_MS = 1_000;

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

type Scripted = Redis & {
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
  readonly redis: Redis;
  readonly log: Logger;
  readonly nowMs?: () => number;
}): RateLimiter {
  deps.redis.defineCommand('ostinatoRate', { numberOfKeys: 1, lua: RATE_SCRIPT });
  const redis = deps.redis as Scripted;
  const local = createLocalRateLimiter({ nowMs: deps.nowMs ?? Date.now });
  const now = () => (deps.nowMs === undefined ? '' : deps.nowMs());
  let askAgainMs: number | null = null;

  async function either<T>(ask: () => Promise<T>, alone: () => Promise<T>): Promise<T> {
    if (askAgainMs !== null && Date.now() < askAgainMs) return alone();
    try {
      const answer = await within(SHARED_TIMEOUT_MS, ask());
      if (askAgainMs !== null) deps.log.info('rate limits are shared again');
      askAgainMs = null;
      return answer;
    } catch (error) {
      if (askAgainMs === null) {
        deps.log.warn({ err: error }, 'rate limits are not shared: Redis does not answer');
      }
      askAgainMs = Date.now() + RETRY_AFTER_MS;
      return alone();
    }
  }

  return {
    reserve: (key, limits, tokens) =>
      either(
        async () => {
          const [slot, waitMs] = await redis.ostinatoRate(
            `${PREFIX}{${key}}`,
            'reserve',
            limits.requestsPerMinute ?? -1,
            limits.tokensPerMinute ?? -1,
            Math.ceil(tokens),
            now(),
          );
          if (slot >= 0) return { kind: 'granted', slot };
          return { kind: 'denied', waitMs: waitMs < 0 ? null : waitMs };
        },
        () => local.reserve(key, limits, tokens),
      ),
    settle: (key, slot, delta) =>
      either(
        async () => {
          const args = ['settle', slot, Math.ceil(delta), '', now()];
          await redis.ostinatoRate(`${PREFIX}{${key}}`, ...args);
        },
        () => local.settle(key, slot, delta),
      ),
  };
}

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
