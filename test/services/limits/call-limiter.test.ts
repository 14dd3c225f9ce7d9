// Proves the limits of calls: the script on a real Redis and the counts of one process decide alike,
// call for call; a call counts for all its scopes or for none; what died stops counting; and without
// Redis each process goes on by itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { RedisClient } from '../../../services/cache/connect-redis.ts';
import { connectRedis } from '../../../services/cache/connect-redis.ts';
import type { ServiceError } from '../../../services/errors.ts';
import type { CallLimiter } from '../../../services/limits/call-limiter.ts';
import { createCallLimiter } from '../../../services/limits/call-limiter.ts';
import type { CallLimits, CallScope, CallTicket } from '../../../services/limits/call-limits.ts';
import { createLogger } from '../../../services/telemetry/logger.ts';
import type { RedisServer } from '../../support/redis.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

const log = createLogger({ level: 'silent', pretty: false, name: 'test' });
let redis: RedisServer;
let nowMs = 1_000_000_000_000;
const open: RedisClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  for (const client of open) client.disconnect();
  await redis?.stop();
});

function localLimiter(client: RedisClient | null = null): CallLimiter {
  return createCallLimiter({ redis: client, log, nowMs: () => nowMs, random: () => 0 });
}

async function sharedLimiter(): Promise<CallLimiter> {
  const client = connectRedis(redis.url);
  open.push(client);
  await waitFor('Redis', async () => client.status === 'ready' || null);
  return localLimiter(client);
}

let scopes = 0;
/** A name that no other test has used. */
function scope(limits: CallLimits, kind: CallScope['kind'] = 'server'): CallScope {
  scopes += 1;
  return { kind, name: `s${scopes}`, limits };
}

/** `in`, or which limit of what kept it out and how long. */
function enter(limiter: CallLimiter, ...given: readonly CallScope[]) {
  return enterAs(limiter, { call: 'again', run: 'r' }, given);
}

async function enterAs(limiter: CallLimiter, ticket: CallTicket, given: readonly CallScope[]) {
  try {
    return { leave: await limiter.enter(DEFAULT_TENANT_ID, given, ticket), said: 'in' };
  } catch (error) {
    const { type, message, retry } = error as ServiceError;
    expect([type, retry.allowed]).toEqual([FAILURE.toolLimited, true]);
    const [, limit] = /\((\w+)\)/.exec(message) ?? [];
    const [, kind] = /^The (\w+)/.exec(message) ?? [];
    return { leave: () => undefined, said: `${kind} ${limit} ${retry.afterMs}` };
  }
}

describe.each(['shared', 'local'] as const)('limits of calls, %s', (kind) => {
  const make = async () => (kind === 'shared' ? sharedLimiter() : localLimiter());

  it('calls at once → so many enter, and the next when one has left', async () => {
    const limiter = await make();
    const two = scope({ maxInFlight: 2 });
    const first = await enter(limiter, two);
    expect((await enter(limiter, two)).said).toBe('in');
    expect((await enter(limiter, two)).said).toBe('server maxInFlight 100');
    first.leave();
    await waitFor('a place', async () => (await enter(limiter, two)).said === 'in' || null);
  });

  it('calls a minute → the next when the oldest is a minute old, wherever the minute begins', async () => {
    const limiter = await make();
    const two = scope({ perMinute: 2 });
    (await enter(limiter, two)).leave();
    nowMs += 20_000;
    (await enter(limiter, two)).leave();
    nowMs += 30_000;
    expect((await enter(limiter, two)).said).toBe('server perMinute 10000');
    nowMs += 10_000;
    expect((await enter(limiter, two)).said).toBe('in');
    expect((await enter(limiter, two)).said).toBe('server perMinute 20000');
  });

  it('the tenant has no place → the call does not count for its server either', async () => {
    const limiter = await make();
    const server = scope({ maxInFlight: 5, perMinute: 2 });
    const tenant = scope({ maxInFlight: 1 }, 'tenant');
    const first = await enter(limiter, server, tenant);
    for (let at = 0; at < 5; at += 1) {
      expect((await enter(limiter, server, tenant)).said).toBe('tenant maxInFlight 100');
    }
    first.leave();
    await waitFor('a place', async () =>
      (await enter(limiter, server, tenant)).said === 'in' ? true : null,
    );
  });

  it('a worker died with a call in flight → it stops counting', async () => {
    const limiter = await make();
    const one = scope({ maxInFlight: 1 });
    await enter(limiter, one);
    nowMs += 29_000;
    expect((await enter(limiter, one)).said).toBe('server maxInFlight 100');
    nowMs += 2_000;
    expect((await enter(limiter, one)).said).toBe('in');
  });

  it('calls wait → each has its turn, those of one run after those that other runs have fewer of', async () => {
    const limiter = await make();
    const one = [scope({ maxInFlight: 1 })];
    const holder = await enterAs(limiter, { call: 'holder', run: 'h' }, one);
    const ask = async (run: string, at: number) =>
      (await enterAs(limiter, { call: `${run}${at}`, run }, one)).said;
    for (let at = 0; at < 40; at += 1) {
      expect(await ask('many', at)).toBe(`server maxInFlight ${100 + 5 * at}`);
    }
    // It came last, and has as many before it as other runs have calls of the same turn.
    expect(await ask('few', 0)).toBe('server maxInFlight 100');
    expect(await ask('few', 1)).toBe('server maxInFlight 110');
    holder.leave();
    await waitFor('the place', async () => {
      // Far from its turn: not in, though there is a place.
      expect(await ask('many', 39)).toBe('server maxInFlight 305');
      return (await ask('few', 0)) === 'in' || null;
    });
  });

  it('a run whose next call is there whenever a place gets free → it goes ahead of those that wait a few turns, and no more', async () => {
    const limiter = await make();
    const one = [scope({ maxInFlight: 1 })];
    const asks = (call: string, run: string) => enterAs(limiter, { call, run }, one);
    let holder = await asks('holder', 'h');
    for (let at = 0; at < 4; at += 1) await asks(`waits${at}`, 'waits');
    const goesOn = async (from: number): Promise<number> => {
      for (let at = from; at < 50; at += 1) {
        holder.leave();
        const next = await asks(`chain${at}`, 'chain');
        if (next.said !== 'in') return at;
        holder = next;
      }
      throw new Error('It never had to wait.');
    };
    const first = await goesOn(0);
    expect(first).toBe(9);
    holder = await asks('waits0', 'waits');
    expect(holder.said).toBe('in');
    // A turn was had by those that wait: one more for the other.
    expect(await goesOn(first)).toBe(first + 1);
    holder = await asks('waits1', 'waits');
    expect(holder.said).toBe('in');
  });

  it('calls that waited never ask again → the others do not wait for them', async () => {
    const limiter = await make();
    const one = [scope({ maxInFlight: 1 })];
    const holder = await enterAs(limiter, { call: 'holder', run: 'h' }, one);
    for (let at = 0; at < 30; at += 1) {
      await enterAs(limiter, { call: `gone${at}`, run: 'gone' }, one);
    }
    const last = { call: 'last', run: 'gone' };
    expect((await enterAs(limiter, last, one)).said).toBe('server maxInFlight 250');
    holder.leave();
    nowMs += 9_000;
    expect((await enterAs(limiter, last, one)).said).toBe('server maxInFlight 250');
    nowMs += 2_000;
    expect((await enterAs(limiter, last, one)).said).toBe('in');
  });

  it('nothing is limited → nothing is counted', async () => {
    const limiter = await make();
    for (let at = 0; at < 3; at += 1) expect((await enter(limiter, scope({}))).said).toBe('in');
  });
});

describe('two processes on one Redis', () => {
  it('share their limits; while it is away each has its own', async () => {
    const [one, other] = [await sharedLimiter(), await sharedLimiter()];
    const single = scope({ maxInFlight: 1 });
    expect((await enter(one, single)).said).toBe('in');
    expect((await enter(other, single)).said).toBe('server maxInFlight 100');
    await redis.kill();
    expect((await enter(other, single)).said).toBe('in');
    expect((await enter(other, single)).said).toBe('server maxInFlight 100');
    await redis.start();
  });
});
