// The interceptor between Temporal and a breaker: what it counts, and what a diverted call becomes.
// Activities are functions, the breakers are real and live in this process.
import {
  ApplicationFailure,
  ApplicationFailureCategory,
  CancelledFailure,
} from '@temporalio/common';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../../activities/failure.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { TenantId } from '../../../common/tenant.ts';
import { createBreakers } from '../../../services/breaker/breakers.ts';
import type { BreakerTarget } from '../../../services/breaker/breakers.ts';
import { createLocalBreakerStore } from '../../../services/breaker/local-breaker-store.ts';
import { ServiceError } from '../../../services/errors.ts';
import { resolveOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { circuitBreaker } from '../../../workers/interceptors/circuit-breaker.ts';

const TARGET: BreakerTarget = { tenantId: 'acme' as TenantId, kind: 'mcp', name: 'files' };

function setUp() {
  const breakers = createBreakers({
    store: createLocalBreakerStore({ nowMs: Date.now }),
    settings: () => resolveOverrides('mcp-remote', {}),
    log: pino({ level: 'silent' }),
  });
  const factory = circuitBreaker({
    breakers,
    targetsOf: (activityType) => (activityType === 'callTool' ? [TARGET] : []),
  });
  const run = (activity: () => Promise<unknown>, activityType = 'callTool') => {
    const { inbound } = factory({ info: { activityType } } as Parameters<typeof factory>[0]);
    return inbound?.execute?.({ args: [{}], headers: {} }, activity);
  };
  const failWith = (error: Error) =>
    Promise.resolve(run(() => Promise.reject(error))).catch((thrown: unknown) => thrown);
  return { breakers, run, failWith };
}

const failure = (type: string) => ApplicationFailure.create({ type, message: 'no' });

describe('circuitBreaker', () => {
  it('server that fails → after a while the call is not made, and Temporal is told when to ask', async () => {
    const { failWith } = setUp();
    const error = failure(FAILURE.toolUnavailable);
    for (let count = 0; count < 5; count += 1) expect(await failWith(error)).toBe(error);
    const refused = (await failWith(error)) as ApplicationFailure;
    expect(refused).toMatchObject({
      type: FAILURE.circuitOpen,
      nonRetryable: false,
      category: ApplicationFailureCategory.BENIGN,
      message: expect.stringContaining('mcp files is open') as unknown,
    });
    expect(refused.nextRetryDelay).toBeGreaterThanOrEqual(250);
    expect(refused.nextRetryDelay).toBeLessThanOrEqual(6_000);
  });

  it('many calls fail by one end of their connection → one failure, and the breaker stays closed', async () => {
    const { failWith } = setUp();
    const cutOff = new ServiceError(FAILURE.toolUnavailable, 'cut off', {
      retry: { allowed: true, afterMs: null },
    });
    cutOff.incident = 'end of process 7';
    const error = toFailure(cutOff) as ApplicationFailure;
    for (let count = 0; count < 30; count += 1) expect(await failWith(error)).toBe(error);
  });

  it('while another call probes → asked again in a second, not when the lease would end', async () => {
    const { breakers, failWith, run } = setUp();
    const error = failure(FAILURE.toolUnavailable);
    for (let count = 0; count < 5; count += 1) await failWith(error);
    await breakers.revived(TARGET);
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const probing = run(() => {
      begun.resolve();
      return answer.promise;
    });
    await begun.promise;
    await expect(run(() => Promise.resolve('done'))).rejects.toMatchObject({
      type: FAILURE.circuitOpen,
      nextRetryDelay: 1_000,
    });
    answer.resolve('alive');
    expect(await probing).toBe('alive');
  });

  it.each([
    failure(FAILURE.toolBadArguments),
    failure(FAILURE.denied),
    failure(FAILURE.llmRateLimited),
    new CancelledFailure('cancelled'),
    new Error('unknown'),
  ])('%s many times → says nothing about the server', async (error) => {
    const { failWith } = setUp();
    for (let count = 0; count < 30; count += 1) expect(await failWith(error)).toBe(error);
  });

  it('held by an operator → refused, asked again in half a minute', async () => {
    const { breakers, run } = setUp();
    await breakers.hold(TARGET, 'ann', 'maintenance');
    await expect(run(() => Promise.resolve('done'))).rejects.toMatchObject({
      type: FAILURE.circuitOpen,
      nextRetryDelay: 30_000,
    });
  });

  it('activity that nothing guards, and a healthy one → run as ever', async () => {
    const { breakers, run } = setUp();
    expect(await run(() => Promise.resolve('done'))).toBe('done');
    await breakers.hold(TARGET, 'ann', 'maintenance');
    expect(await run(() => Promise.resolve('free'), 'checkPlan')).toBe('free');
  });
});
