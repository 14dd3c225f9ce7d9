import { FAILURE } from '../../common/failures.ts';
import type { FailureType } from '../../common/failures.ts';
import { ServiceError, isServiceError } from '../errors.ts';
import { errorText } from './error-text.ts';
import { ProviderHttpError } from './provider-http-error.ts';
import { retryAfterMs } from './retry-after.ts';
import { StreamEnded } from './wire/stream-error.ts';
import { DeadlineExceeded } from './with-deadline.ts';

export interface CallFacts {
  readonly provider: string;
  readonly model: string;
  readonly timeoutMs: number;
  readonly nowMs: number;
}

interface Row {
  readonly type: FailureType;
  readonly retry: boolean;
  readonly remedy: string;
}

const CONTEXT_TOO_LONG =
  /context_length_exceeded|maximum context length|context (window|length|size)|prompt is too long|input token count.*exceeds|request_too_large|too many (input )?tokens/i;
const OUT_OF_QUOTA =
  /insufficient_quota|billing_hard_limit|billing_error|credit balance is too low|exceeded your current quota, please check your plan/i;
/** Google words its rate limits of a minute like a spent quota of OpenAI's. */
const GOOGLE_RATE_LIMIT = /"RESOURCE_EXHAUSTED"/;
const BAD_KEY = /API_KEY_INVALID|api key not valid|api key expired/i;

const KEY_REMEDY = 'Check the API key of this provider and what it may use.';
const QUOTA_REMEDY =
  'Add credit to the account, or choose another provider with OSTINATO_PROVIDER.';
const CONTEXT_REMEDY = 'Shorten the conversation, or choose a model with a larger context window.';

/**
 * The one table from what a provider did to what we call it. Only 408, 409, 429 and 5xx, lost
 * connections and timeouts may be tried again. Cancellation must be re-thrown before this is asked.
 */
export function toServiceError(error: unknown, facts: CallFacts): ServiceError {
  if (isServiceError(error)) return error;
  const http = findInCauses(error, (cause) => cause instanceof ProviderHttpError);
  if (http instanceof ProviderHttpError) return fromHttp(http, facts);
  if (error instanceof DeadlineExceeded) {
    return failure(facts, `did not answer within ${facts.timeoutMs} ms`, error, {
      type: FAILURE.llmTimeout,
      retry: true,
      remedy: '',
    });
  }
  if (error instanceof StreamEnded) {
    return failure(facts, 'ended its answer in the middle', error, {
      type: FAILURE.llmUnavailable,
      retry: true,
      remedy: '',
    });
  }
  const code = findInCauses(error, (cause) => typeof codeOf(cause) === 'string');
  const network = code === null ? null : networkRow(String(codeOf(code)));
  if (network !== null) {
    return failure(facts, `could not be reached (${String(codeOf(code))})`, error, network);
  }
  if (findInCauses(error, (cause) => cause instanceof SyntaxError) !== null) {
    return failure(facts, `answered with something that is not JSON: ${textOf(error)}`, error, {
      type: FAILURE.llmBadAnswer,
      retry: false,
      remedy: 'Check that the base URL is that of a model API.',
    });
  }
  return failure(facts, `could not be called: ${textOf(error)}`, error, {
    type: FAILURE.llmBadRequest,
    retry: false,
    remedy: '',
  });
}

function fromHttp(error: ProviderHttpError, facts: CallFacts): ServiceError {
  const row = httpRow(error);
  const afterMs = row.retry ? retryAfterMs(error.headers, error.body, facts.nowMs) : null;
  const what = `answered ${error.status}: ${errorText(error.body)}`;
  return failure(facts, what, error, row, afterMs);
}

function httpRow({ status, body }: ProviderHttpError): Row {
  const row = (type: FailureType, retry: boolean, remedy = ''): Row => ({ type, retry, remedy });
  const isOutOfQuota = OUT_OF_QUOTA.test(body) && !GOOGLE_RATE_LIMIT.test(body);
  if (status === 402 || (status < 500 && isOutOfQuota)) {
    return row(FAILURE.llmQuotaExceeded, false, QUOTA_REMEDY);
  }
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY.test(body))) {
    return row(FAILURE.llmAuthentication, false, KEY_REMEDY);
  }
  if (status === 413 || ((status === 400 || status === 422) && CONTEXT_TOO_LONG.test(body))) {
    return row(FAILURE.llmContextTooLong, false, CONTEXT_REMEDY);
  }
  if (status === 404) {
    const remedy = 'Check the model name (OSTINATO_MODEL) and the base URL of this provider.';
    return row(FAILURE.llmBadRequest, false, remedy);
  }
  if (status === 408) return row(FAILURE.llmTimeout, true);
  if (status === 429) return row(FAILURE.llmRateLimited, true);
  if (status === 409 || status >= 500) return row(FAILURE.llmUnavailable, true);
  return row(FAILURE.llmBadRequest, false);
}

const LOST =
  /^(ECONN(REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_(SOCKET|CONNECT_TIMEOUT)|HPE_\w+)$/;
const TOO_SLOW = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;
const TLS = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/;

function networkRow(code: string): Row | null {
  if (LOST.test(code)) return { type: FAILURE.llmUnavailable, retry: true, remedy: '' };
  if (TOO_SLOW.test(code)) return { type: FAILURE.llmTimeout, retry: true, remedy: '' };
  if (!TLS.test(code)) return null;
  const remedy = 'Its certificate is not trusted here: check the base URL or NODE_EXTRA_CA_CERTS.';
  return { type: FAILURE.llmUnavailable, retry: false, remedy };
}

function failure(
  facts: CallFacts,
  what: string,
  cause: unknown,
  row: Row,
  afterMs: number | null = null,
): ServiceError {
  const sentence = `Model ${facts.model} of provider ${facts.provider} ${what}`;
  const message = `${sentence.replace(/[.\s]*$/, '.')} ${row.remedy}`.trimEnd();
  return new ServiceError(row.type, message, { retry: { allowed: row.retry, afterMs }, cause });
}

function findInCauses(error: unknown, test: (cause: unknown) => boolean): unknown {
  let cause: unknown = error;
  for (let depth = 0; depth < 6 && cause instanceof Error; depth += 1) {
    if (test(cause)) return cause;
    cause = cause.cause;
  }
  return null;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
