// Proves on a real Redis that the script and the TypeScript window agree, that several processes share
// one limit, and that losing Redis costs nobody a call.
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSharedRateLimiter } from '../../../../services/llm/limits/rate-limiter.ts';
import { createRateWindow } from '../../../../services/llm/limits/rate-window.ts';
import type { RedisServer } from '../../../support/redis.ts';
import { startRedis } from '../../../support/redis.ts';
import { waitFor } from '../../../support/wait-for.ts';

const log = pino({ level: 'silent' });
let server: RedisServer;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => server.stop());

async function connect(): Promise<Redis> {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  clients.push(redis);
  await waitFor('Redis to be ready', () => redis.status === 'ready');
  return redis;
}

describe('shared rate limiter', () => {
  it('random reservations and settlements → the answers of the TypeScript window', async () => {
    const redis = await connect();
    let nowMs = 0;
    let key = 0;
    const shared = createSharedRateLimiter({ redis, log, nowMs: () => nowMs });
    const event = fc.record({
      gapMs: fc.nat(20_000),
      tokens: fc.nat(600),
      settle: fc.option(fc.integer({ min: -300, max: 300 })),
    });
    const limits = { requestsPerMinute: 5, tokensPerMinute: 1_000 };
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        key += 1;
        nowMs = 1_000_000;
        const local = createRateWindow();
        for (const { gapMs, tokens, settle } of events) {
          nowMs += gapMs;
          const expected = local.reserve(limits, tokens, nowMs);
          expect(await shared.reserve(`k${key}`, limits, tokens)).toEqual(expected);
          if (settle === null || expected.kind === 'denied') continue;
          local.settle(expected.slot, settle, nowMs);
          await shared.settle(`k${key}`, expected.slot, settle);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('eight processes on one key → together no more than the limit', async () => {
    const limiters = await Promise.all(
      Array.from({ length: 8 }, async () =>
        createSharedRateLimiter({ redis: await connect(), log }),
      ),
    );
    const limits = { requestsPerMinute: 50, tokensPerMinute: null };
    const answers = await Promise.all(
      limiters.flatMap((limiter) =>
        Array.from({ length: 20 }, () => limiter.reserve('one', limits, 1)),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(50);
  });

  it('Redis killed and back → each process counts alone, then together again', async () => {
    const limiter = createSharedRateLimiter({ redis: await connect(), log });
    const limits = { requestsPerMinute: 2, tokensPerMinute: null };
    const reserve = async () => (await limiter.reserve('lost', limits, 1)).kind;
    expect([await reserve(), await reserve(), await reserve()]).toEqual([
      'granted',
      'granted',
      'denied',
    ]);
    await server.kill();
    expect([await reserve(), await reserve(), await reserve()]).toEqual([
      'granted',
      'granted',
      'denied',
    ]);
    await server.start();
    await waitFor('the empty Redis to be asked', async () => (await reserve()) === 'granted');
  });
});
