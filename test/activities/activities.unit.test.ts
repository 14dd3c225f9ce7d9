// Proves what an activity does around its service: beats, passes the cancellation on, and maps the
// error once. Temporal's mock environment, no server.
import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { toFailure } from '../../activities/failure.ts';
import { FAILURE } from '../../common/failures.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import { ServiceError } from '../../services/errors.ts';
import { TENANT, textResult } from '../support/plans.ts';

const QUIET = { logger: new DefaultLogger('ERROR', () => undefined) };

const INPUT = {
  tenant: TENANT,
  tool: 'fake/tool',
  args: {},
  idempotencyKey: 'k',
  fingerprint: null,
  timeoutMs: 1_000,
  maxTotalTimeoutMs: 10_000,
} as unknown as CallToolInput;

type Call = (input: CallToolInput, context: { signal: AbortSignal }) => Promise<ToolResult>;

function callTool(call: Call) {
  const none = async (): Promise<never> => {
    throw new Error('not used here');
  };
  return createActivities({
    tools: { call } as never,
    planner: { decide: none, stopped: none },
    batches: null as never,
    plans: { check: none, explain: none },
    arguments: { check: none },
    results: { keep: none },
    conversations: { newest: none },
  }).callTool;
}

describe('callTool', () => {
  it('the service answers → its result, with the attempt passed on', async () => {
    const seen: unknown[] = [];
    const activity = callTool(async (input, context) => {
      seen.push(input, (context as { attempt?: number }).attempt);
      return textResult('ok');
    });
    const result = await new MockActivityEnvironment({ attempt: 3 }, QUIET).run(activity, INPUT);
    expect(result).toEqual(textResult('ok'));
    expect(seen).toEqual([INPUT, 3]);
  });

  it('a long call → beats while it works', async () => {
    const environment = new MockActivityEnvironment({}, QUIET);
    const beaten = new Promise<void>((resolve) => environment.once('heartbeat', () => resolve()));
    const activity = callTool(async () => {
      await beaten;
      return textResult('slow');
    });
    await expect(environment.run(activity, INPUT)).resolves.toEqual(textResult('slow'));
  });

  it('cancelled → the service is told by its signal, and the activity ends as cancelled', async () => {
    const environment = new MockActivityEnvironment({}, QUIET);
    const activity = callTool(async (_input, { signal }) => {
      const told = new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      environment.cancel();
      await told;
      return textResult('never');
    });
    await expect(environment.run(activity, INPUT)).rejects.toBeInstanceOf(CancelledFailure);
  });

  it('a service error → a failure with its type, and whether to retry', async () => {
    const activity = callTool(async () => {
      throw new ServiceError(FAILURE.toolUnavailable, 'server "x" is down', {
        retry: { allowed: true, afterMs: 1_500 },
      });
    });
    const error = await new MockActivityEnvironment({}, QUIET)
      .run(activity, INPUT)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({
      type: 'Tool.Unavailable',
      message: 'server "x" is down',
      nonRetryable: false,
      nextRetryDelay: 1_500,
    });
  });
});

describe('toFailure', () => {
  it('an error that must not be retried → non-retryable, without its cause', () => {
    const cause = new Error('authorization: Bearer secret');
    const failure = toFailure(new ServiceError(FAILURE.badInput, 'no', { cause }));
    expect(failure).toMatchObject({ type: 'BadInput', nonRetryable: true });
    expect(failure).not.toHaveProperty('cause.message');
  });

  it('any other error → unchanged', () => {
    const error = new CancelledFailure('stop');
    expect(toFailure(error)).toBe(error);
  });
});
