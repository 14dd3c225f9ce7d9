import { circuitBreaker, CircuitState, handleAll, SamplingBreaker } from 'cockatiel';
import type { Redis } from 'ioredis';
import OpossumBreaker from 'opossum';
import pino from 'pino';
import type { TenantId } from '../../../../common/tenant.ts';
import { createBreakers } from '../../../../services/breaker/breakers.ts';
import { createRedisBreakerStore } from '../../../../services/breaker/redis-breaker-store.ts';
import { resolveOverrides } from '../../../../services/breaker/settings/breaker-overrides.ts';
import type { Clock, Contender, ContenderFactory, Ended } from './contender.ts';
import { createHystrixBreaker } from './hystrix.ts';

/** Every worker calls always. */
export const none: ContenderFactory = () =>
  Promise.resolve({
    name: 'none',
    admit: () => Promise.resolve(() => Promise.resolve()),
    closed: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  });

export const hystrix: ContenderFactory = (workers, clock) => {
  const breakers = Array.from({ length: workers }, () => createHystrixBreaker());
  return Promise.resolve({
    name: 'hystrix',
    admit(worker) {
      const breaker = breakers[worker];
      if (breaker === undefined || !breaker.allow(clock.nowMs())) return Promise.resolve(null);
      return Promise.resolve((failed) => {
        breaker.record(clock.nowMs(), failed);
        return Promise.resolve();
      });
    },
    closed: () => Promise.resolve(breakers.every((breaker) => breaker.closed())),
    close: () => Promise.resolve(),
  });
};

/** With the options it has when none are given; the simulated calls time out by themselves. */
export const opossum: ContenderFactory = (workers) => {
  const breakers = Array.from(
    { length: workers },
    () => new OpossumBreaker((call: () => Promise<void>) => call(), { timeout: false }),
  );
  return Promise.resolve({
    name: 'opossum',
    admit: (worker) => throughLibrary((call) => breakers[worker]?.fire(call)),
    closed: () => Promise.resolve(breakers.every((breaker) => breaker.closed)),
    close() {
      for (const breaker of breakers) breaker.shutdown();
      return Promise.resolve();
    },
  });
};

/**
 * As its readme sets it up: more than 20 % of 30 s fail, another look after 10 s. Its own least volume,
 * 25 calls a second, would never be reached here; 10 calls in the window is what ours asks for.
 */
export const cockatiel: ContenderFactory = (workers) => {
  const breakers = Array.from({ length: workers }, () =>
    circuitBreaker(handleAll, {
      halfOpenAfter: 10_000,
      breaker: new SamplingBreaker({ threshold: 0.2, duration: 30_000, minimumRps: 10 / 30 }),
    }),
  );
  return Promise.resolve({
    name: 'cockatiel',
    admit: (worker) => throughLibrary((call) => breakers[worker]?.execute(call)),
    closed: () => Promise.resolve(breakers.every(({ state }) => state === CircuitState.Closed)),
    close: () => Promise.resolve(),
  });
};

/** Ours, each worker with its own view of one real Redis. */
export function ostinato(redis: Redis): ContenderFactory {
  return async (workers, clock: Clock) => {
    await redis.flushall();
    const nowMs = () => clock.nowMs();
    const target = { tenantId: 'bench' as TenantId, kind: 'provider', name: 'it' } as const;
    const settings = resolveOverrides('provider', {});
    const processes = Array.from({ length: workers }, () =>
      createBreakers({
        store: createRedisBreakerStore({ redis, nowMs }),
        settings: () => settings,
        log: pino({ level: 'silent' }),
        nowMs,
        random: () => clock.random(),
      }),
    );
    return {
      name: 'ostinato',
      async admit(worker) {
        const admission = await processes[worker]?.admit(target);
        if (admission?.kind !== 'admitted') return null;
        return (failed, latencyMs) =>
          admission.ended({ outcome: failed ? 'failed' : 'ok', latencyMs });
      },
      async closed() {
        const states = await Promise.all(processes.map((each) => each.state(target)));
        return states.every(({ state }) => state.kind === 'closed');
      },
      async close() {
        for (const each of processes) await each.close();
      },
    } satisfies Contender;
  };
}

/** Libraries run the call themselves, so it waits inside them until the simulation ends it. */
async function throughLibrary(
  run: (call: () => Promise<void>) => Promise<unknown> | undefined,
): Promise<Ended | null> {
  let end: ((failed: boolean) => void) | null = null;
  const call = () =>
    new Promise<void>((resolve, reject) => {
      end = (failed) => (failed ? reject(new Error('failed')) : resolve());
    });
  void Promise.resolve(run(call)).catch(() => undefined);
  await settle();
  if (end === null) return null;
  const finish: (failed: boolean) => void = end;
  return async (failed) => {
    finish(failed);
    await settle();
  };
}

/** All that waits on promises alone has run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
