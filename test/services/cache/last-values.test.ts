// Last good values over a real Redis: what one process kept another finds, what the scope's owner
// forgets nobody finds, and without Redis each goes on with its own.
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLastValues } from '../../../services/cache/last-values.ts';
import { createRedisStore } from '../../../services/cache/redis-store.ts';
import { startRedis } from '../../support/redis.ts';
import type { RedisServer } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

let server: RedisServer;
const clients: Redis[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

const address = (name: string) => ({ scope: `acme/${name}/`, key: `acme/${name}/abc` });

async function worker() {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  clients.push(redis);
  await waitFor('the client to be ready', () => redis.status === 'ready');
  const store = createRedisStore(redis);
  const values = createLastValues<{ text: string }>({
    shared: store,
    parse: (value) => value as { text: string },
    keeps: ({ text }) => text !== 'bad',
    keepMs: 60_000,
    maxBytes: 1_000_000,
    log: pino({ level: 'silent' }),
  });
  return { store, values };
}

describe('createLastValues', () => {
  it('kept by one → found by another, the newest one; forgotten → by neither', async () => {
    const [first, second] = [await worker(), await worker()];
    const at = address('shared');
    await first.values.load(at, () => Promise.resolve({ text: 'old' }));
    await waitFor('it to be shared', async () => (await second.values.find(at, 60_000)) !== null);
    await second.values.load(at, () => Promise.resolve({ text: 'new' }));
    await waitFor(
      'the newer one to be shared',
      async () => (await first.values.find(at, 60_000))?.value.text === 'new',
    );
    await first.values.load(at, () => Promise.resolve({ text: 'bad' }));
    expect((await first.values.find(at, 60_000))?.value.text).toBe('new');

    await first.store.forget(at.scope);
    expect(await first.values.find(at, 60_000)).toBeNull();
    expect(await second.values.find(at, 60_000)).toBeNull();
  });

  it('loaded while the scope was forgotten → nobody finds it', async () => {
    const { store, values } = await worker();
    const at = address('moved');
    await values.load(at, async () => {
      await store.forget(at.scope);
      return { text: 'from before' };
    });
    expect(await values.find(at, 60_000)).toBeNull();
  });

  it('Redis dies → each goes on with its own', async () => {
    const [first, second] = [await worker(), await worker()];
    const at = address('alone');
    await first.values.load(at, () => Promise.resolve({ text: 'mine' }));
    await server.kill();
    expect((await first.values.find(at, 60_000))?.value.text).toBe('mine');
    expect(await second.values.find(at, 60_000)).toBeNull();
    await server.start();
  });
});
