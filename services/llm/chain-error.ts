import { FAILURE } from '../../common/failures.ts';
import type { FailureType } from '../../common/failures.ts';
import type { LlmRouting } from '../../common/llm-routing.ts';
import { ServiceError } from '../errors.ts';

/** A route that only has to be waited for, and what the wait is for. */
export interface ChainWait {
  readonly type: FailureType;
  readonly ms: number;
}

const MAX_WAIT_MS = 60_000;

/**
 * The error of a call that no route served. One failure alone is that failure; of several the last
 * one gives the type, and every attempt is in the message. It may be tried again where one of the
 * attempts may, or where a route only has to be waited for.
 *
 * @param isTooLong nothing was tried, since the models that could have been hold too little
 */
export function chainError(
  routing: LlmRouting,
  failures: readonly ServiceError[],
  waits: readonly ChainWait[],
  isTooLong = false,
): ServiceError {
  const [only] = failures;
  if (only !== undefined && routing.attempts.length === 1) return only;
  const retryable = failures.filter(({ retry }) => retry.allowed);
  const afters = [
    ...waits.map(({ ms }) => ms),
    ...retryable.map(({ retry }) => retry.afterMs ?? 0),
  ];
  const allowed = afters.length > 0;
  const afterMs = allowed ? Math.min(MAX_WAIT_MS, Math.min(...afters)) : null;
  const worst = retryable.at(-1) ?? failures.at(-1);
  const [soonest] = [...waits].sort((a, b) => a.ms - b.ms);
  const none = isTooLong ? FAILURE.llmContextTooLong : FAILURE.llmBadRequest;
  const type = worst?.type ?? soonest?.type ?? none;
  const tried = [...routing.attempts, ...routing.excluded].map(
    (attempt) => `${attempt.route}: ${attempt.why}`,
  );
  const retry = { allowed, afterMs: afterMs === 0 ? null : afterMs };
  return new ServiceError(type, `No model served the call. ${tried.join(' ')}`.trimEnd(), {
    retry,
    ...(worst === undefined ? {} : { cause: worst }),
  });
}
