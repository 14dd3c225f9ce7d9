// What providers say about keys, over a real Redis: what one worker is told (to wait, or that a key is
// good for nothing), all of them keep to; without Redis each keeps to its own. The last test has two
// processes with a gateway each.
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../../common/failures.ts';
import type { KeyFailure } from '../../../../services/llm/credentials.ts';
import { createCredentials } from '../../../../services/llm/credentials.ts';
import { createSharedKeys } from '../../../../services/llm/limits/shared-keys.ts';
import { startFakeOpenAi } from '../../../support/fake-llm/openai.ts';
import { fixtureAnswer } from '../../../support/fake-llm/fixture.ts';
import { startRedis } from '../../../support/redis.ts';
import type { RedisServer } from '../../../support/redis.ts';
import { waitFor } from '../../../support/wait-for.ts';
import type { RouteView } from '../../../../services/llm/provider-view.ts';
import type { GatewayProcess } from '../start-gateway-process.ts';
import { startGatewayProcess } from '../start-gateway-process.ts';
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

const TO = route('one/m', { apiKeys: ['first-key', 'second-key'] });
const NOW = 1_000_000;

/** A worker whose picture of the waits is `ageMs` old at each look. */
async function worker(to = TO) {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  clients.push(redis);
  await waitFor('the client to be ready', () => redis.status === 'ready');
  let clock = 0;
  const log = pino({ level: 'silent' });
  const shared = createSharedKeys({ redis, log, nowMs: () => clock });
  const alerts: string[] = [];
  const onDisabled = (provider: string, _key: unknown, { type }: KeyFailure): void => {
    alerts.push(`${provider} ${type}`);
  };
  const credentials = createCredentials([to], { shared, onDisabled });
  return {
    credentials,
    alerts,
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
    const [key] = first.credentials.usable(TO, NOW);
    if (key === undefined) throw new Error('no key');
    first.credentials.limit(key, NOW + 30_000, NOW);
    await waitFor('the other worker to know', async () => (await second.usable()) === 1);
    const [state] = second.credentials.states(TO);
    expect(state?.limitedUntilMs).toBeGreaterThan(NOW + 20_000);

    first.credentials.limit(key, NOW + 1_000, NOW);
    const late = await worker();
    await late.usable();
    expect(late.credentials.states(TO)[0]?.limitedUntilMs).toBeGreaterThan(NOW + 20_000);
  });

  it('Redis is away → each worker goes on with what it knows; Redis back → shared again', async () => {
    const alone = await worker();
    await server.kill();
    const [, other] = alone.credentials.usable(TO, NOW);
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

describe('keys that are refused', () => {
  const refused: KeyFailure = { type: FAILURE.llmAuthentication, message: 'The key is refused.' };
  const to = route('two/m', { apiKeys: ['first-key', 'second-key'] });
  const firstOf = (credentials: Awaited<ReturnType<typeof worker>>['credentials']) => {
    const [key] = credentials.usable(to, NOW);
    if (key === undefined) throw new Error('no key');
    return key;
  };

  it('one worker is refused → no other uses the key, one alert; enabled anywhere → used everywhere', async () => {
    const [first, second] = [await worker(to), await worker(to)];
    const key = firstOf(first.credentials);
    await second.usable();
    first.credentials.disable(key, refused, performance.now());
    second.credentials.disable(key, refused, performance.now());
    await waitFor('the alert', () => first.alerts.length + second.alerts.length > 0);
    expect([await first.usable(), await second.usable()]).toEqual([1, 1]);
    const late = await worker(to);
    expect(await late.usable()).toBe(1);
    expect(late.credentials.states(to)[0]?.disabledFor).toBe('The key is refused.');
    expect([...first.alerts, ...second.alerts, ...late.alerts]).toEqual(['two Llm.Authentication']);

    expect(await late.credentials.enable('two')).toBe(true);
    expect([await first.usable(), await second.usable(), await late.usable()]).toEqual([2, 2, 2]);
    expect(await second.credentials.enable('two')).toBe(false);
  });

  it('enabled by one worker, then another hears 401 to a call it had sent before → it stays in use', async () => {
    const [first, second] = [await worker(to), await worker(to)];
    const key = firstOf(first.credentials);
    first.credentials.disable(key, refused, performance.now());
    await waitFor('the alert', () => first.alerts.length === 1);
    expect(await first.credentials.enable('two')).toBe(true);
    second.credentials.disable(key, refused, performance.now() - 30_000);
    expect([await first.usable(), await second.usable()]).toEqual([2, 2]);
    expect(second.alerts).toEqual([]);

    // One that was sent after it says something.
    second.credentials.disable(key, refused, performance.now());
    await waitFor('the second alert', () => second.alerts.length === 1);
    expect([await first.usable(), await second.usable()]).toEqual([1, 1]);
    await first.credentials.enable('two');
  });

  it('refused while Redis is away → out of use here, and everywhere once it is back', async () => {
    const alone = await worker(to);
    await server.kill();
    alone.credentials.disable(firstOf(alone.credentials), refused, performance.now());
    expect(await alone.usable()).toBe(1);
    // It is told when Redis has not answered.
    await waitFor('the alert', () => alone.alerts.length > 0);
    expect(alone.alerts).toHaveLength(1);
    await server.start();
    const peer = await worker(to);
    await waitFor('the peer to know', async () => {
      expect(await alone.usable()).toBe(1);
      return (await peer.usable()) === 1;
    });
    expect(await alone.credentials.enable('two')).toBe(true);
    expect([await alone.usable(), await peer.usable()]).toEqual([2, 2]);
  });

  it('two processes with gateways → refused in one, set aside and enabled in both, and after a restart', async () => {
    const provider = await startFakeOpenAi({ apiKey: 'sk-good' });
    provider.script(fixtureAnswer('openai', 'text'));
    const dir = await mkdtemp(join(tmpdir(), 'ostinato-keys-'));
    const file = join(dir, 'providers.yaml');
    const row = { name: 'one', dialect: 'openai', baseUrl: `${provider.url}/v1`, models: ['m'] };
    await writeFile(file, JSON.stringify({ providers: [{ ...row, keys: ['sk-bad', 'sk-good'] }] }));
    const env = { OSTINATO_PROVIDERS_FILE: file, TEST_REDIS_URL: server.url };
    const started: GatewayProcess[] = [];
    const start = async () => {
      const one = await startGatewayProcess(env);
      started.push(one);
      return one;
    };
    const badCalls = () =>
      provider.journal.filter(({ headers }) => headers.authorization === 'Bearer sk-bad').length;
    const disabled = async (one: GatewayProcess) => {
      const [seen] = (await one.tell({ do: 'routes' })) as RouteView[];
      return seen?.credentials.filter(({ disabledFor }) => disabledFor !== null).length;
    };
    const alerts = async (one: GatewayProcess) =>
      /^ostinato_llm_keys_disabled_total\{.*\} (\d+)$/m.exec(
        (await one.tell({ do: 'metrics' })) as string,
      )?.[1] ?? '0';
    try {
      const [a, b] = await Promise.all([start(), start()]);
      expect(await a.tell({ do: 'ask' })).toHaveProperty('parts');
      expect(badCalls()).toBe(1);
      await waitFor('the other process to know', async () => (await disabled(b)) === 1);
      expect(await b.tell({ do: 'ask' })).toHaveProperty('parts');
      expect(badCalls()).toBe(1);
      expect([await alerts(a), await alerts(b)]).toEqual(['1', '0']);

      await a.kill();
      const c = await start();
      await waitFor('the new process to know', async () => (await disabled(c)) === 1);
      expect(await c.tell({ do: 'ask' })).toHaveProperty('parts');
      expect(badCalls()).toBe(1);
      expect(await c.tell({ do: 'enable', provider: 'one' })).toEqual({ enabled: true });
      await waitFor('the other process to know', async () => (await disabled(b)) === 0);
      expect(await alerts(c)).toBe('0');
    } finally {
      for (const one of started) await one.kill();
      await provider.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
