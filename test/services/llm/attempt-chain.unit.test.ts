// Proves where a call goes after each kind of failure, and what the error says when nobody serves it.
// The attempts are functions; time stands still unless a test moves it.
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { afterFailure } from '../../../services/llm/after-failure.ts';
import type { ChainDeps } from '../../../services/llm/attempt-chain.ts';
import { runChain } from '../../../services/llm/attempt-chain.ts';
import { createCredentials } from '../../../services/llm/credentials.ts';
import { ProviderHttpError } from '../../../services/llm/provider-http-error.ts';
import type { Ranking } from '../../../services/llm/router/rank-routes.ts';
import type { Route } from '../../../services/llm/router/route.ts';
import { isServiceError, ServiceError } from '../../../services/errors.ts';
import { chainDeps, failure, route } from './support.ts';

const first = route('one/a');
const second = route('two/b');

/** Runs a call; `script` gives an answer or throws, by route and key. */
async function run(
  deps: ChainDeps,
  routes: readonly Route[],
  script: (asked: string) => string,
  over: { tokens?: number; signal?: AbortSignal; excluded?: Ranking['excluded'] } = {},
) {
  const asked: string[] = [];
  const end = await runChain(deps, {
    tenantId: DEFAULT_TENANT_ID,
    preset: 'configured',
    ranking: {
      ranked: routes.map((one) => ({ route: one, score: null, why: 'x' })),
      excluded: over.excluded ?? [],
    },
    tokens: over.tokens ?? 100,
    signal: over.signal ?? new AbortController().signal,
    async send(to, { apiKey }) {
      asked.push(`${to.id} ${apiKey}`);
      return script(`${to.id} ${apiKey}`);
    },
    endOf: () => ({ outcome: 'ok', usage: null }),
  }).catch((error: unknown) => {
    if (!isServiceError(error)) throw error;
    return error;
  });
  return { asked, end };
}

function failFirst(error: () => Error) {
  return (asked: string) => {
    if (asked.startsWith('one/')) throw error();
    return 'served';
  };
}

describe('runChain', () => {
  it('every model holds too little → ContextTooLong, since a shorter request may be served', async () => {
    const { deps } = chainDeps([first]);
    const why = 'takes 10 tokens, the request needs about 100';
    const excluded = [{ route: first, why, isTooSmall: true } as const];
    const { end, asked } = await run(deps, [], () => 'served', { excluded });
    expect(end).toMatchObject({ type: FAILURE.llmContextTooLong, retry: { allowed: false } });
    expect(String(end)).toContain(why);
    expect(asked).toEqual([]);
    const others = [{ route: first, why: 'cannot do tools' }];
    const refused = await run(deps, [], () => 'served', { excluded: others });
    expect(refused.end).toMatchObject({ type: FAILURE.llmBadRequest });
  });

  it.each([
    FAILURE.llmUnavailable,
    FAILURE.llmTimeout,
    FAILURE.llmRateLimited,
    FAILURE.llmAuthentication,
    FAILURE.llmQuotaExceeded,
    FAILURE.llmBadAnswer,
    FAILURE.llmContextTooLong,
  ])('first route fails with %s → the next one serves, both are recorded', async (type) => {
    const { deps, switches } = chainDeps([first, second]);
    const { end } = await run(
      deps,
      [first, second],
      failFirst(() => failure(type)),
    );
    if (isServiceError(end)) throw end;
    expect(end.answer).toBe('served');
    expect(end.routing.attempts.map((one) => [one.route, one.outcome])).toEqual([
      ['one/a', type],
      ['two/b', 'ok'],
    ]);
    expect(switches).toEqual([`one/a ${type}`]);
  });

  it('served by the first choice → not degraded; by another → says what is different', async () => {
    const { deps } = chainDeps([first, second]);
    const well = await run(deps, [first, second], () => 'served');
    const detour = await run(
      deps,
      [first, second],
      failFirst(() => failure(FAILURE.llmUnavailable)),
    );
    if (isServiceError(well.end) || isServiceError(detour.end)) throw new Error('not served');
    expect(well.end.routing).not.toHaveProperty('degraded');
    expect(detour.end.routing.degraded).toEqual(['an equivalent model: two/b instead of one/a']);
  });

  it('limits that are slow to be settled → the answer does not wait; what fails there is logged', async () => {
    const limited = route('one/a', { limits: { requestsPerMinute: 9, tokensPerMinute: null } });
    const { promise: settled, reject } = Promise.withResolvers<void>();
    const { promise: logged, resolve } = Promise.withResolvers<string>();
    const log = pino({}, { write: resolve });
    const limiter: ChainDeps['limiter'] = {
      reserve: async () => ({ kind: 'granted', slot: 1 }),
      settle: () => settled,
    };
    const { deps } = chainDeps([limited], { limiter, log });
    const { end } = await run(deps, [limited], () => 'served');
    expect(end).toMatchObject({ answer: 'served' });
    reject(new Error('Redis is away'));
    expect(await logged).toContain('Redis is away');
  });

  it('a request that is wrong → refused at once, nobody else is asked', async () => {
    const { deps } = chainDeps([first, second]);
    const { asked, end } = await run(
      deps,
      [first, second],
      failFirst(() => failure(FAILURE.llmBadRequest)),
    );
    expect(asked).toEqual(['one/a key-of-one']);
    expect(end).toMatchObject({
      type: FAILURE.llmBadRequest,
      message: 'It failed with Llm.BadRequest.',
    });
  });

  it('a model that the provider does not know → the next route', async () => {
    const { deps } = chainDeps([first, second]);
    const cause = new ProviderHttpError(404, new Headers(), 'no such model');
    const unknown = () => new ServiceError(FAILURE.llmBadRequest, 'No such model.', { cause });
    const { end } = await run(deps, [first, second], failFirst(unknown));
    expect(end).toMatchObject({ answer: 'served' });
  });

  it('429 on one of two keys → the other key, and the first only after its time', async () => {
    const two = route('one/a', { apiKeys: ['k1', 'k2'] });
    const fake = chainDeps([two]);
    const script = (asked: string) => {
      if (asked.endsWith('k1') && fake.nowMs < 1_030_000)
        throw failure(FAILURE.llmRateLimited, 30_000);
      return 'served';
    };
    expect((await run(fake.deps, [two], script)).asked).toEqual(['one/a k1', 'one/a k2']);
    expect((await run(fake.deps, [two], script)).asked).toEqual(['one/a k2']);
    fake.nowMs += 31_000;
    // The key used last stays first: the provider's prompt cache belongs to it.
    expect((await run(fake.deps, [two], script)).asked).toEqual(['one/a k2']);
  });

  it.each([
    ['401', FAILURE.llmAuthentication],
    ['a quota that is spent', FAILURE.llmQuotaExceeded],
  ])('%s → the key is out of use until it is enabled', async (_what, type) => {
    const two = route('one/a', { apiKeys: ['bad', 'good'] });
    const { deps } = chainDeps([two]);
    const script = (asked: string) => {
      if (asked.endsWith('bad')) throw failure(type);
      return 'served';
    };
    await run(deps, [two], script);
    expect((await run(deps, [two], script)).asked).toEqual(['one/a good']);
    expect(deps.credentials.states(two)[0]?.disabledFor).toBe(`It failed with ${type}.`);
    expect(await deps.credentials.enable('one')).toBe(true);
    expect(deps.credentials.usable(two, 0)).toHaveLength(2);
  });

  it('401 to a call that was sent before the key was enabled again → it stays in use', async () => {
    const one = route('one/a', { apiKeys: ['mended'] });
    const credentials = createCredentials([one], { nowMs: () => 1_000 });
    const [key] = credentials.usable(one, 0);
    if (key === undefined) throw new Error('no key');
    const refused = failure(FAILURE.llmAuthentication);
    credentials.disable(key, refused, 500);
    expect(credentials.usable(one, 0)).toEqual([]);
    await credentials.enable('one');
    afterFailure({ credentials, nowMs: () => 0 }, key, refused, 900);
    expect(credentials.usable(one, 0)).toEqual([key]);
    afterFailure({ credentials, nowMs: () => 0 }, key, refused, 1_100);
    expect(credentials.usable(one, 0)).toEqual([]);
  });

  it('enabled while a call is under way that then ends in 401 → the next call uses the key', async () => {
    const one = route('one/a', { apiKeys: ['mended'] });
    const { deps } = chainDeps([one]);
    const [key] = deps.credentials.usable(one, 0);
    if (key === undefined) throw new Error('no key');
    const { end } = await run(deps, [one], () => {
      // The operator is faster than the provider.
      void deps.credentials.enable('one');
      throw failure(FAILURE.llmAuthentication);
    });
    expect(end).toMatchObject({ type: FAILURE.llmAuthentication });
    expect(deps.credentials.usable(one, 0)).toEqual([key]);
  });

  it('context too long → only routes with a larger window are asked', async () => {
    const facts = { ...first.facts, contextTokens: 1_000 };
    const small = route('one/a', { facts });
    const equal = route('two/b', { facts });
    const large = route('three/c', { facts: { ...facts, contextTokens: 9_000 } });
    const { deps } = chainDeps([small, equal, large]);
    const { asked, end } = await run(
      deps,
      [small, equal, large],
      failFirst(() => failure(FAILURE.llmContextTooLong)),
    );
    expect(asked.map((one) => one.split(' ')[0])).toEqual(['one/a', 'three/c']);
    expect(end).toMatchObject({ answer: 'served' });
  });

  it('a key with its limit used up → denied before anything is sent, and when it may be tried', async () => {
    const limited = route('one/a', { limits: { requestsPerMinute: 1, tokensPerMinute: null } });
    const { deps } = chainDeps([limited]);
    await run(deps, [limited], () => 'served');
    const { asked, end } = await run(deps, [limited], () => 'served');
    expect(asked).toEqual([]);
    expect(end).toMatchObject({ type: FAILURE.llmRateLimited, retry: { allowed: true } });
    expect((end as ServiceError).retry.afterMs).toBeGreaterThan(50_000);
  });

  it('a call larger than the limit of a minute → never retried, and says the numbers', async () => {
    const limited = route('one/a', { limits: { requestsPerMinute: null, tokensPerMinute: 50 } });
    const { deps } = chainDeps([limited]);
    const { end } = await run(deps, [limited], () => 'served');
    expect(end).toMatchObject({ type: FAILURE.llmBadRequest, retry: { allowed: false } });
    expect((end as ServiceError).message).toContain(
      'needs up to 100 tokens, the key has 50 a minute',
    );
  });

  it('every route fails → one error that names every attempt and may be tried again', async () => {
    const { deps } = chainDeps([first, second]);
    const { end } = await run(deps, [first, second], () => {
      throw failure(FAILURE.llmUnavailable);
    });
    expect(end).toMatchObject({
      type: FAILURE.llmUnavailable,
      retry: { allowed: true, afterMs: null },
    });
    expect((end as ServiceError).message).toBe(
      'No model served the call. one/a: It failed with Llm.Unavailable. two/b: It failed with Llm.Unavailable.',
    );
  });

  it('breaker open on all routes → CircuitOpen with the time of the first', async () => {
    const retryAtMs = 1_004_000;
    const state = { kind: 'open', retryAtMs, mayProbe: false, probing: false } as const;
    const breakers = { admit: async () => ({ kind: 'diverted', state, retryAtMs }) as const };
    const { deps } = chainDeps([first], { breakers });
    const { asked, end } = await run(deps, [first], () => 'served');
    expect(asked).toEqual([]);
    expect(end).toMatchObject({
      type: FAILURE.circuitOpen,
      retry: { allowed: true, afterMs: 4_000 },
    });
  });

  it('a long outage → the budget of further attempts ends, first attempts go on', async () => {
    const { deps } = chainDeps([first, second]);
    let sent = 0;
    for (let calls = 0; calls < 200; calls += 1) {
      const { asked } = await run(deps, [first, second], () => {
        throw failure(FAILURE.llmUnavailable);
      });
      sent += asked.length;
    }
    expect(sent).toBe(300);
  });

  it('cancelled in the middle → the reason itself, nobody else is asked', async () => {
    const { deps } = chainDeps([first, second]);
    const controller = new AbortController();
    const reason = new Error('stopped');
    const script = () => {
      controller.abort(reason);
      throw failure(FAILURE.llmUnavailable);
    };
    await expect(run(deps, [first, second], script, { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});
