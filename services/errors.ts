import type { FailureType } from '../common/failures.ts';
import type { LimitWait } from '../common/limit-wait.ts';

export interface RetryAdvice {
  readonly allowed: boolean;
  /** Wait at least this long, ms; `null` leaves it to the retry policy. */
  readonly afterMs: number | null;
}

/**
 * The one error that services throw on purpose. The message says what happened, the value received
 * and what to do; `type` decides how Temporal and the API treat it. Check `type`, not the class:
 * two copies of this module may be loaded.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly type: FailureType;
  readonly retry: RetryAdvice;
  /**
   * Names the event by which several calls failed together, such as the end of the connection that
   * they shared; set by whoever knows. A breaker counts one event once.
   */
  incident: string | null = null;
  /** The limit that kept a call from being made; set by whoever counts. */
  limit: LimitWait | null = null;

  constructor(
    type: FailureType,
    message: string,
    options: { readonly retry?: RetryAdvice; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.retry = options.retry ?? { allowed: false, afterMs: null };
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && error.name === 'ServiceError' && 'type' in error;
}
