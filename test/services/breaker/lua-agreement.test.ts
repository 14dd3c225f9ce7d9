// The script in Redis and its model in TypeScript get the same 10,000 random sequences of events at
// the same times, and must agree after every single one: on the answer and on all that is kept.
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEW_RECORD, applyBreakerEvent } from '../../../common/breaker-event.ts';
import type { BreakerRecord } from '../../../common/breaker-event.ts';
import { breakerState, inWindow } from '../../../common/breaker.ts';
import type { BreakerState } from '../../../common/breaker.ts';
import { createRedisBreakerStore } from '../../../services/breaker/redis-breaker-store.ts';
import { SMALL_POLICY, happening, toEvent } from '../../support/breaker-arbitraries.ts';
import type { Happening } from '../../support/breaker-arbitraries.ts';
import { startRedis } from '../../support/redis.ts';
import type { RedisServer } from '../../support/redis.ts';

const SEQUENCES = 10_000;
const AT_ONCE = 100;
const START_MS = 1_763_942_400_123;

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** What both must agree on: old buckets are kept by one and dropped by the other. */
function comparable(record: BreakerRecord, nowMs: number) {
  return { ...record, evidence: inWindow(record.evidence, SMALL_POLICY.memory.windowMs, nowMs) };
}

describe('breaker script', () => {
  it(`${SEQUENCES} random sequences → the same as the model, after every event`, async () => {
    let nowMs = START_MS;
    // The store asks for the time when it sends, which is before anything is awaited.
    const store = createRedisBreakerStore({ redis, nowMs: () => nowMs });
    const stateOf = breakerState(SMALL_POLICY);
    const seen = new Set<BreakerState['kind']>();
    let events = 0;

    async function agree(sequence: readonly Happening[], key: string): Promise<void> {
      let atMs = START_MS;
      let model = NEW_RECORD;
      const steps = sequence.map((one) => {
        atMs += one.afterMs;
        const event = toEvent(one, model.verdict.epoch, atMs);
        const step = applyBreakerEvent(SMALL_POLICY, model, event, atMs);
        model = step.record;
        nowMs = atMs;
        const answer = store.apply(key, SMALL_POLICY, event);
        return { event, atMs, step, answer };
      });
      for (const { event, atMs: stepMs, step, answer } of steps) {
        const { record, done, nowMs: toldMs } = await answer;
        seen.add(stateOf(record, stepMs).kind);
        events += 1;
        expect({ event, toldMs, done, ...comparable(record, stepMs) }).toEqual({
          event,
          toldMs: stepMs,
          done: step.done,
          ...comparable(step.record, stepMs),
        });
      }
    }

    const sequences = fc.sample(fc.array(happening, { minLength: 4, maxLength: 24 }), {
      numRuns: SEQUENCES,
      seed: 20_261_124,
    });
    for (let start = 0; start < SEQUENCES; start += AT_ONCE) {
      const batch = sequences.slice(start, start + AT_ONCE);
      await Promise.all(batch.map((sequence, index) => agree(sequence, `t/${start + index}`)));
      await redis.flushall();
    }
    expect([...seen].sort()).toEqual(['closed', 'deconstructed', 'open', 'recovering']);
    expect(events).toBeGreaterThan(SEQUENCES * 5);
  }, 180_000);
});
