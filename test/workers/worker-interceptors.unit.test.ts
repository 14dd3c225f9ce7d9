// Proves what the other path's failure becomes for Temporal: one that is not tried again where an
// alternative may have acted.
import { expect, it } from 'vitest';
import { FAILURE } from '../../common/failures.ts';
import type { ToolId } from '../../common/tool.ts';
import { ServiceError } from '../../services/errors.ts';
import { workerInterceptors } from '../../workers/worker-interceptors.ts';

it('an alternative that may have acted fails → the activity fails for good, whatever the breaker says next', async () => {
  const unknown = new ServiceError(FAILURE.toolOutcomeUnknown, 'it may have acted');
  const diverted = { state: { kind: 'open', retryAtMs: null }, retryAtMs: null };
  const interceptors = workerInterceptors({
    metrics: { activity: () => undefined },
    breakers: { breakers: { admit: () => Promise.resolve({ kind: 'diverted', ...diverted }) } },
    alternates: { answer: () => Promise.reject(unknown) },
  } as never);
  const info = { activityType: 'callTool', attempt: 1 };
  const context = { info, heartbeat: () => undefined, cancellationSignal: new AbortController() };
  const breaker = interceptors?.activity?.[1]?.(context as never).inbound?.execute;
  const input = { args: [{ tenant: { tenantId: 't' }, tool: 'a/b' as ToolId }], headers: {} };
  const never = () => Promise.reject(new Error('called all the same'));
  await expect(breaker?.(input as never, never)).rejects.toMatchObject({
    type: FAILURE.toolOutcomeUnknown,
    nonRetryable: true,
  });
});
