import { ApplicationFailure } from '@temporalio/common';
import type { LimitedCall } from '../common/limit-wait.ts';
import { isServiceError } from '../services/errors.ts';

/**
 * The only place where a service error becomes something Temporal acts on. Anything else passes
 * unchanged: a cancellation must stay one, and an unknown error is retried as Temporal does. The
 * cause stays behind: it may hold what a history must not, and the message says what matters.
 *
 * @param call the tool call that failed, for whoever shows what waits for a limit
 */
export function toFailure(
  error: unknown,
  call: Pick<LimitedCall, 'place' | 'sinceMs'> | null = null,
): unknown {
  if (!isServiceError(error)) return error;
  const { incident, limit } = error;
  const details = {
    ...(incident === null ? {} : { incident }),
    ...(limit === null || call === null ? {} : { limited: { ...limit, ...call } }),
  };
  return ApplicationFailure.create({
    type: error.type,
    message: error.message,
    nonRetryable: !error.retry.allowed,
    ...(error.retry.afterMs === null ? {} : { nextRetryDelay: error.retry.afterMs }),
    ...(Object.keys(details).length === 0 ? {} : { details: [details] }),
  });
}

/** The event that the failure shares with others, where `toFailure` was told one. */
export function incidentOf({ details }: ApplicationFailure): string | null {
  const [first] = (details ?? []) as readonly unknown[];
  if (typeof first !== 'object' || first === null || !('incident' in first)) return null;
  return typeof first.incident === 'string' ? first.incident : null;
}
