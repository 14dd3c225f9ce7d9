// Proves that a breaker's way from phase to phase is told once, whoever sees it: workers over one real
// Redis (each its own client and view) and a clock that the test turns.
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BREAKER_POLICIES } from '../../../common/breaker-policies.ts';
import type { BreakerTransition } from '../../../common/breaker-transition.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { BreakerStore } from '../../../services/breaker/breaker-store.ts';
import type { Breakers, BreakerTarget } from '../../../services/breaker/breakers.ts';
import { createBreakers } from '../../../services/breaker/breakers.ts';
import { createFallbackBreakerStore } from '../../../services/breaker/fallback-breaker-store.ts';
import { createLocalBreakerStore } from '../../../services/breaker/local-breaker-store.ts';
import { createRedisBreakerStore } from '../../../services/breaker/redis-breaker-store.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

const policy = BREAKER_POLICIES.provider;
const log = pino({ level: 'silent' });

let server: RedisServer;
let clockMs = 1_763_942_400_000;
let targets = 0;
let clients: Redis[] = [];
let told: BreakerTransition[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
afterEach(() => {
  for (const client of clients) client.disconnect();
  clients = [];
  told = [];
});

const nowMs = () => clockMs;

async function connect(): Promise<Redis> {
  const redis = new Redis(server.url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => 20,
  });
  redis.on('error', () => undefined);
  clients.push(redis);
  await waitFor('the client to be ready', () => redis.status === 'ready');
  return redis;
}

function worker(store: BreakerStore, mode: 'enforce' | 'dry-run' = 'enforce'): Breakers {
  return createBreakers({
    store,
    settings: () => ({ policy, mode, preset: 'provider', staleMs: null }),
    log,
    onTransition: (_target, transition) => void told.push(transition),
    nowMs,
    random: () => 0.5,
  });
}

async function twoWorkers(mode: 'enforce' | 'dry-run' = 'enforce'): Promise<[Breakers, Breakers]> {
  const shared = async () => createRedisBreakerStore({ redis: await connect(), nowMs });
  return [worker(await shared(), mode), worker(await shared(), mode)];
}

function newTarget(): BreakerTarget {
  targets += 1;
  return { tenantId: 'acme' as TenantId, kind: 'provider', name: `openai/${targets}` };
}

async function call(breakers: Breakers, target: BreakerTarget, outcome: 'ok' | 'failed') {
  const admission = await breakers.admit(target);
  if (admission.kind === 'admitted') await admission.ended({ outcome, latencyMs: 10 });
  clockMs += 150;
}

async function look(all: readonly Breakers[], target: BreakerTarget): Promise<void> {
  await Promise.all(all.map((each) => each.state(target)));
  await Promise.all(all.map((each) => each.close()));
}

const ways = () => told.map(({ from, to }) => `${from} → ${to}`);

describe('changes of a breaker', () => {
  it('an outage that two workers see → each change once, by the law, with what was seen', async () => {
    const both = await twoWorkers();
    const [first, second] = both;
    const target = newTarget();
    for (let count = 0; count < 5; count += 1) await call(first, target, 'failed');
    await look(both, target);
    clockMs += policy.openMs.first * 1.3;
    const probe = await second.admit(target);
    await look(both, target);
    clockMs += 150;
    await look(both, target);
    if (probe.kind === 'admitted') await probe.ended({ outcome: 'failed', latencyMs: 10 });
    clockMs += 150;
    await look(both, target);
    clockMs += policy.openMs.max * 1.3;
    for (let count = 0; count < 2; count += 1) {
      await call(first, target, 'ok');
      await look(both, target);
    }
    clockMs += policy.rampMs;
    await look(both, target);
    expect(ways().filter((way) => way !== 'open → probing' && way !== 'probing → open')).toEqual([
      'closed → open',
      'probing → recovering',
      'recovering → closed',
    ]);
    expect(told.find(({ to }) => to === 'open')).toMatchObject({
      reason: 'the last 5 calls failed',
      by: null,
      isDryRun: false,
      process: null,
    });
    const probed = told.filter(({ from }) => from === 'probing').map(({ reason }) => reason);
    expect(probed).toEqual(['a probe failed', '1 of 2 probes passed', '2 of 2 probes passed']);
    expect(told.at(-1)?.reason).toBe('all traffic is back');
    // Every change begins where the one before it ended: none is missing, none came twice.
    expect(told.slice(1).map(({ from }) => from)).toEqual(told.slice(0, -1).map(({ to }) => to));
  });

  it('some of the calls fail → deconstructed with their share, then closed again', async () => {
    const both = await twoWorkers();
    const target = newTarget();
    for (let count = 0; count < 60; count += 1) {
      await call(both[0], target, count >= 30 && count % 3 === 0 ? 'failed' : 'ok');
    }
    await look(both, target);
    expect(told[0]).toMatchObject({
      from: 'closed',
      to: 'deconstructed',
      reason: expect.stringMatching(/^\d+ of \d+ calls of the last 90 s failed$/) as string,
    });
    clockMs += policy.memory.windowMs + 1_000;
    await look(both, target);
    expect(told.at(-1)).toMatchObject({ from: 'deconstructed', to: 'closed' });
  });

  it('isolated and released → by whom, whichever worker sees it first', async () => {
    const both = await twoWorkers();
    const target = newTarget();
    await both[0].hold(target, 'ann', 'maintenance');
    await look(both, target);
    await both[1].release(target, 'bob');
    expect(await both[0].release(target, 'bob')).toBe(false);
    await look(both, target);
    expect(told).toMatchObject([
      { from: 'closed', to: 'isolated', by: 'ann', reason: 'maintenance', process: null },
      { from: 'isolated', to: 'recovering', by: 'bob', reason: 'released by an operator' },
    ]);
    expect(both[0].phases()).toContainEqual({ kind: 'provider', phase: 'recovering', breakers: 1 });
  });

  it('the worker that probes dies → the change back says that nothing was heard of it', async () => {
    const [dead, alive] = await twoWorkers();
    const target = newTarget();
    for (let count = 0; count < 5; count += 1) await call(dead, target, 'failed');
    clockMs += policy.openMs.first * 1.3;
    await dead.admit(target);
    clockMs += 150;
    await look([alive], target);
    clockMs += policy.probeTtlMs;
    await look([alive], target);
    expect(ways()).toEqual(['closed → open', 'open → probing', 'probing → open']);
    expect(told.at(-1)?.reason).toBe(`a probe said nothing for ${policy.probeTtlMs} ms`);
  });

  it('dry run → its changes say so', async () => {
    const both = await twoWorkers('dry-run');
    const target = newTarget();
    for (let count = 0; count < 5; count += 1) await call(both[0], target, 'failed');
    await look(both, target);
    expect(told).toMatchObject([{ to: 'open', isDryRun: true }]);
  });

  it('Redis is away → the process tells for itself, and says that it judged alone', async () => {
    const redis = await connect();
    const store = createFallbackBreakerStore({
      shared: createRedisBreakerStore({ redis, nowMs }),
      local: createLocalBreakerStore({ nowMs }),
      log,
      nowMs,
    });
    const alone = worker(store);
    const target = newTarget();
    await call(alone, target, 'ok');
    await server.kill();
    await waitFor('the client to notice', () => redis.status !== 'ready');
    for (let count = 0; count < 8; count += 1) await call(alone, target, 'failed');
    await look([alone], target);
    expect(told).toMatchObject([
      { from: 'closed', to: 'open', process: expect.stringContaining(`:${process.pid}`) as string },
    ]);
    await server.start();
  });
});
