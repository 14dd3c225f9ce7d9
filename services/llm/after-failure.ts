import { FAILURE } from '../../common/failures.ts';
import type { ServiceError } from '../errors.ts';
import type { ChainDeps } from './attempt-chain.ts';
import type { Credential } from './credentials.ts';
import { ProviderHttpError } from './provider-http-error.ts';

/** A provider that says 429 without a date. */
const LIMITED_MS = 5_000;

/**
 * Where a call goes after an attempt failed, and what that says about the key.
 *
 * @param sentAtMs when the attempt began, by `performance.now`.
 */
export function afterFailure(
  { credentials, nowMs }: Pick<ChainDeps, 'credentials' | 'nowMs'>,
  credential: Credential,
  failure: ServiceError,
  sentAtMs: number,
): 'next-key' | 'next-route' | 'larger-window' | 'stop' {
  switch (failure.type) {
    case FAILURE.llmAuthentication:
    case FAILURE.llmQuotaExceeded:
      credentials.disable(credential, failure, sentAtMs);
      return 'next-key';
    case FAILURE.llmRateLimited:
      credentials.limit(credential, nowMs() + (failure.retry.afterMs ?? LIMITED_MS), nowMs());
      return 'next-key';
    case FAILURE.llmContextTooLong:
      return 'larger-window';
    case FAILURE.llmUnavailable:
    case FAILURE.llmTimeout:
    case FAILURE.llmBadAnswer:
      return 'next-route';
    default:
      // An unknown model is this route's trouble; any other refusal is the request's own.
      return isUnknownModel(failure) ? 'next-route' : 'stop';
  }
}

function isUnknownModel({ cause }: ServiceError): boolean {
  for (let error: unknown = cause; error instanceof Error; error = error.cause) {
    if (error instanceof ProviderHttpError) return error.status === 404;
  }
  return false;
}
