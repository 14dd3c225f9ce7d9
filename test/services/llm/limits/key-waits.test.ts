// A provider's 429 over a real Redis: what one worker is told, all of them keep to; without Redis each
// keeps to its own.
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCredentials } from '../../../../services/llm/credentials.ts';
import { createKeyWaits } from '../../../../services/llm/limits/key-waits.ts';
import { startRedis } from '../../../support/redis.ts';
import type { RedisServer } from '../../../support/redis.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { route } from '../support.ts';

let server: RedisServer;
const clients: Redis[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

const to = route('one/m', { apiKeys: ['first-key', 'second-key'] });
const NOW = 1_000_000;

/** A worker whose picture of the waits is `ageMs` old at each look. */
async function worker() {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  clients.push(redis);
  await waitFor('the client to be ready', () => redis.status === 'ready');
  let clock = 0;
  const log = pino({ level: 'silent' });
  const waits = createKeyWaits({ redis, log, nowMs: () => clock });
  const credentials = createCredentials([to], { waits });
  return {
    credentials,
    async usable() {
      clock += 300;
      await credentials.refresh(to, NOW);
      return credentials.usable(to, NOW).length;
    },
  };
}

describe('waits of keys', () => {
  it('one worker is told to wait → the others do not send with that key either', async () => {
    const [first, second] = [await worker(), await worker()];
    expect(await second.usable()).toBe(2);
    const [key] = first.credentials.usable(to, NOW);
    if (key === undefined) throw new Error('no key');
    first.credentials.limit(key, NOW + 30_000, NOW);
    await waitFor('the other worker to know', async () => (await second.usable()) === 1);
    const [state] = second.credentials.states(to);
    expect(state?.limitedUntilMs).toBeGreaterThan(NOW + 20_000);

    first.credentials.limit(key, NOW + 1_000, NOW);
    const late = await worker();
    await late.usable();
    expect(late.credentials.states(to)[0]?.limitedUntilMs).toBeGreaterThan(NOW + 20_000);
  });

  it('Redis is away → each worker goes on with what it knows; Redis back → shared again', async () => {
    const alone = await worker();
    await server.kill();
    const [, other] = alone.credentials.usable(to, NOW);
    if (other === undefined) throw new Error('no key');
    alone.credentials.limit(other, NOW + 30_000, NOW);
    expect(await alone.usable()).toBe(1);
    await server.start();
    const peer = await worker();
    await waitFor('the peer to know what is noted now', async () => {
      alone.credentials.limit(other, NOW + 40_000, NOW);
      return (await peer.usable()) === 1;
    });
  });
});
