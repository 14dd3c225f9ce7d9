// Breakers as workers use them: several "processes" over one real Redis (each its own client and
// view), a clock that the test turns, and Redis lost and back.
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BREAKER_POLICIES } from '../../../common/breaker-policies.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { BreakerStore } from '../../../services/breaker/breaker-store.ts';
import { createBreakers } from '../../../services/breaker/breakers.ts';
import type {
  Breakers,
  BreakerSettings,
  BreakerTarget,
} from '../../../services/breaker/breakers.ts';
import { createFallbackBreakerStore } from '../../../services/breaker/fallback-breaker-store.ts';
import { createLocalBreakerStore } from '../../../services/breaker/local-breaker-store.ts';
import { createRedisBreakerStore } from '../../../services/breaker/redis-breaker-store.ts';
import { resolveOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { startRedis } from '../../support/redis.ts';
import type { RedisServer } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

const policy = BREAKER_POLICIES.provider;
const log = pino({ level: 'silent' });
const TARGET: BreakerTarget = { tenantId: 'acme' as TenantId, kind: 'provider', name: 'openai' };

let server: RedisServer;
let clockMs = 1_763_942_400_000;
let clients: Redis[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await (await ready(connect())).flushall();
});
afterEach(() => {
  for (const client of clients) client.disconnect();
  clients = [];
});

function connect(): Redis {
  const redis = new Redis(server.url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    lazyConnect: false,
    retryStrategy: () => 20,
  });
  redis.on('error', () => undefined);
  clients.push(redis);
  return redis;
}

async function ready(redis: Redis): Promise<Redis> {
  await waitFor('the client to be ready', () => redis.status === 'ready');
  return redis;
}

const nowMs = () => clockMs;

function worker(store: BreakerStore, settings: Partial<BreakerSettings> = {}): Breakers {
  return createBreakers({
    store,
    settings: () => ({ policy, mode: 'enforce', preset: 'provider', staleMs: null, ...settings }),
    log,
    nowMs,
    random: () => 0.5,
  });
}

async function sharedStore(): Promise<BreakerStore> {
  return createRedisBreakerStore({ redis: await ready(connect()), nowMs });
}

async function call(breakers: Breakers, outcome: 'ok' | 'failed', target = TARGET) {
  const admission = await breakers.admit(target);
  if (admission.kind === 'admitted') await admission.ended({ outcome, latencyMs: 10 });
  clockMs += 150;
  return admission.kind;
}

const kindOf = async (breakers: Breakers, target = TARGET) =>
  (await breakers.state(target)).state.kind;

describe('breakers over one Redis', () => {
  it('one worker sees the outage → the other does not call', async () => {
    const [first, second] = [worker(await sharedStore()), worker(await sharedStore())];
    expect(await call(second, 'ok')).toBe('admitted');
    for (let count = 0; count < 8; count += 1) await call(first, 'failed');
    expect(await kindOf(second)).toBe('open');
    const admission = await second.admit(TARGET);
    expect(admission).toMatchObject({ kind: 'diverted', state: { kind: 'open' } });
    expect(admission.kind === 'diverted' && admission.retryAtMs).toBeGreaterThan(clockMs);
  });

  it('another tenant, another dependency → untouched', async () => {
    const breakers = worker(await sharedStore());
    for (let count = 0; count < 8; count += 1) await call(breakers, 'failed');
    expect(await kindOf(breakers)).toBe('open');
    expect(await kindOf(breakers, { ...TARGET, tenantId: 'other' as TenantId })).toBe('closed');
    expect(await kindOf(breakers, { ...TARGET, name: 'anthropic' })).toBe('closed');
  });

  it('eight workers when the wait is over → one probe among them', async () => {
    const workers = await Promise.all(
      Array.from({ length: 8 }, async () => worker(await sharedStore())),
    );
    const [first] = workers;
    if (first === undefined) throw new Error('No worker.');
    for (let count = 0; count < 8; count += 1) await call(first, 'failed');
    clockMs += policy.openMs.first * 1.3;
    const admissions = await Promise.all(workers.map((each) => each.admit(TARGET)));
    expect(admissions.filter(({ kind }) => kind === 'admitted')).toHaveLength(1);
    for (const admission of admissions) {
      if (admission.kind === 'admitted') await admission.ended({ outcome: 'ok', latencyMs: 10 });
    }
  });

  it('probes pass → recovering, then closed; the worker that tripped it sees the same', async () => {
    const [first, second] = [worker(await sharedStore()), worker(await sharedStore())];
    for (let count = 0; count < 8; count += 1) await call(first, 'failed');
    clockMs += policy.openMs.first * 1.3;
    expect(await call(second, 'ok')).toBe('admitted');
    expect(await call(second, 'ok')).toBe('admitted');
    expect(await kindOf(first)).toBe('recovering');
    clockMs += policy.rampMs;
    expect(await kindOf(first)).toBe('closed');
  });

  it('a worker dies while it holds the probe → another probes when the lease ends', async () => {
    const [dead, alive] = [worker(await sharedStore()), worker(await sharedStore())];
    for (let count = 0; count < 8; count += 1) await call(dead, 'failed');
    clockMs += policy.openMs.first * 1.3;
    expect((await dead.admit(TARGET)).kind).toBe('admitted');
    clockMs += policy.probeTtlMs - 1000;
    expect((await alive.admit(TARGET)).kind).toBe('diverted');
    clockMs += 1001;
    expect(await call(alive, 'ok')).toBe('admitted');
  });

  it('results of calls from before the trip → change nothing', async () => {
    const breakers = worker(await sharedStore());
    const early = await Promise.all(Array.from({ length: 10 }, () => breakers.admit(TARGET)));
    for (let count = 0; count < 8; count += 1) await call(breakers, 'failed');
    const before = await breakers.state(TARGET);
    for (const admission of early) {
      if (admission.kind === 'admitted') await admission.ended({ outcome: 'ok', latencyMs: 10 });
    }
    await breakers.close();
    clockMs += 150;
    expect(await breakers.state(TARGET)).toMatchObject({
      trips: before.trips,
      reason: before.reason,
    });
    expect(await kindOf(breakers)).toBe('open');
  });

  it('calls that say nothing → never counted', async () => {
    const breakers = worker(await sharedStore());
    for (let count = 0; count < 50; count += 1) {
      const admission = await breakers.admit(TARGET);
      if (admission.kind === 'admitted') await admission.ended({ outcome: null, latencyMs: 10 });
    }
    await breakers.close();
    clockMs += 150;
    expect(await kindOf(breakers)).toBe('closed');
  });

  it('twelve calls cut off by one end of a connection → counted once, whoever makes them', async () => {
    const breakers = worker(await sharedStore());
    const cutOff = { outcome: 'failed', latencyMs: 10 } as const;
    const calls = await Promise.all(Array.from({ length: 12 }, () => breakers.admit(TARGET)));
    for (const each of calls) {
      if (each.kind === 'admitted') await each.ended({ ...cutOff, incident: 'end of process 7' });
    }
    expect(await kindOf(breakers)).toBe('closed');
    for (let end = 8; end < 12; end += 1) {
      const each = await breakers.admit(TARGET);
      if (each.kind === 'admitted')
        await each.ended({ ...cutOff, incident: `end of process ${end}` });
    }
    expect(await kindOf(breakers)).toBe('open');
  });

  it('the probe only meets what was known → the lease is free, and the next call probes', async () => {
    const breakers = worker(await sharedStore());
    for (let count = 0; count < 5; count += 1) {
      const each = await breakers.admit(TARGET);
      const end = { outcome: 'failed', latencyMs: 1, incident: `end ${count}` } as const;
      if (each.kind === 'admitted') await each.ended(end);
    }
    clockMs += policy.openMs.first * 1.3;
    for (let probe = 0; probe < 3; probe += 1) {
      const admission = await breakers.admit(TARGET);
      expect(admission).toMatchObject({ kind: 'admitted', probe: true });
      if (admission.kind === 'admitted') {
        await admission.ended({ outcome: 'failed', latencyMs: 1, incident: 'end 4' });
      }
    }
  });

  it('another worker probes → refused without a date, since the answer may come at any moment', async () => {
    const [first, second] = [worker(await sharedStore()), worker(await sharedStore())];
    for (let count = 0; count < 8; count += 1) await call(first, 'failed');
    clockMs += policy.openMs.first * 1.3;
    const probe = await first.admit(TARGET);
    expect(await second.admit(TARGET)).toMatchObject({
      kind: 'diverted',
      state: { probing: true },
      retryAtMs: null,
    });
    if (probe.kind === 'admitted') await probe.ended({ outcome: 'ok', latencyMs: 1 });
  });

  it('the dependency shook hands again → the next call of any worker probes; held by hand → none', async () => {
    const [first, second] = [worker(await sharedStore()), worker(await sharedStore())];
    for (let count = 0; count < 8; count += 1) await call(first, 'failed');
    expect((await second.admit(TARGET)).kind).toBe('diverted');
    await first.revived(TARGET);
    clockMs += 200;
    const probe = await second.admit(TARGET);
    expect(probe).toMatchObject({ kind: 'admitted', probe: true });
    if (probe.kind === 'admitted') await probe.ended({ outcome: 'ok', latencyMs: 1 });
    await first.hold(TARGET, 'ann', 'maintenance');
    await first.revived(TARGET);
    expect((await first.admit(TARGET)).kind).toBe('diverted');
  });

  it('held by hand → all diverted without a date; released → traffic comes back by the ramp', async () => {
    const [first, second] = [worker(await sharedStore()), worker(await sharedStore())];
    await first.hold(TARGET, 'ann', 'maintenance');
    expect(await second.admit(TARGET)).toMatchObject({ kind: 'diverted', retryAtMs: null });
    expect(await second.state(TARGET)).toMatchObject({ heldBy: 'ann', reason: 'maintenance' });
    expect(await second.release(TARGET, 'bob')).toBe(true);
    clockMs += 150;
    expect(await kindOf(first)).toBe('recovering');
    expect(await second.release(TARGET, 'bob')).toBe(false);
  });

  it('dry run → trips and says so, and lets every call through', async () => {
    const breakers = worker(await sharedStore(), { mode: 'dry-run' });
    for (let count = 0; count < 12; count += 1) {
      expect(await call(breakers, 'failed')).toBe('admitted');
    }
    expect(await kindOf(breakers)).toBe('open');
  });
});

describe('breakers without Redis', () => {
  it('dry run → what it would have diverted is counted over all workers, and decided by none', async () => {
    const [first, second] = [
      worker(await sharedStore(), { mode: 'dry-run' }),
      worker(await sharedStore(), { mode: 'dry-run' }),
    ];
    for (let at = 0; at < 5; at += 1) await call(first, 'failed');
    for (let at = 0; at < 5; at += 1) {
      expect(await call(first, 'failed')).toBe('admitted');
      expect(await call(second, 'failed')).toBe('admitted');
    }
    await first.close();
    await second.close();
    clockMs += 150;
    expect((await first.state(TARGET)).diverted).toBe(10);
  });

  it('settings changed while it runs → the next call is judged by them, evidence stays', async () => {
    let settings = resolveOverrides('provider', { mode: 'dry-run' });
    const breakers = createBreakers({
      store: await sharedStore(),
      settings: () => settings,
      log,
      nowMs,
      random: () => 0.5,
    });
    for (let at = 0; at < 5; at += 1) await call(breakers, 'failed');
    expect(await call(breakers, 'failed')).toBe('admitted');
    settings = resolveOverrides('provider', {});
    expect(await call(breakers, 'failed')).toBe('diverted');
    settings = resolveOverrides('provider', { mode: 'dry-run' });
    expect(await call(breakers, 'failed')).toBe('admitted');
  });

  it('Redis dies → decided alone from what was known; Redis back → shared again', async () => {
    const redis = await ready(connect());
    const store = createFallbackBreakerStore({
      shared: createRedisBreakerStore({ redis, nowMs }),
      local: createLocalBreakerStore({ nowMs }),
      log,
      nowMs,
    });
    const breakers = worker(store);
    for (let count = 0; count < 8; count += 1) await call(breakers, 'failed');
    expect(await kindOf(breakers)).toBe('open');

    await server.kill();
    await waitFor('the client to notice', () => redis.status !== 'ready');
    clockMs += 150;
    expect((await breakers.admit(TARGET)).kind).toBe('diverted');
    expect(store.degraded()).toBe(true);
    clockMs += policy.openMs.first * 1.3;
    expect(await call(breakers, 'ok')).toBe('admitted');
    expect(await call(breakers, 'ok')).toBe('admitted');
    expect(await kindOf(breakers)).toBe('recovering');

    await server.start();
    await ready(redis);
    clockMs += 2000;
    await call(breakers, 'ok');
    expect(store.degraded()).toBe(false);
  });
});
