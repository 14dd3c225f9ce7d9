// Proves that whoever is asked is not taken for away where it is this process that was held up: a real
// Redis, in a process of its own, and an event loop that stands still.
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createReach } from '../../../services/cache/reach.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  await waitFor('the client to be ready', () => redis.status === 'ready');
});

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

function reach(timeoutMs: number) {
  const log = pino({ level: 'silent' });
  return createReach({ what: 'Redis', timeoutMs, log, onError: () => undefined });
}

it('the answer came while this process stood still for longer than the time-out → it is taken', async () => {
  const { ask, reachable } = reach(250);
  // From here timers come before sockets.
  await new Promise((resolve) => setImmediate(resolve));
  const answer = ask(() => redis.ping());
  const until = performance.now() + 600;
  while (performance.now() < until);
  expect(await answer).toBe('PONG');
  expect(reachable()).toBe(true);
});

it('no answer in time → none, and it is left alone for a while', async () => {
  const { ask, reachable } = reach(20);
  expect(await ask(() => redis.blpop('nothing-comes', 0).then(() => 'came'))).toBeNull();
  expect(reachable()).toBe(false);
});
