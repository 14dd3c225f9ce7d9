import type { FastifyError } from 'fastify';
import { z } from 'zod';
import type { ClientErrorCode } from '../client/index.ts';
import { isClientError } from '../client/index.ts';
import type { FailureType } from '../common/failures.ts';
import { isServiceError } from '../services/errors.ts';
import { HttpError } from './http-error.ts';
import { RequestError } from './request-error.ts';
import type { RequestProblem } from './request-error.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly problems: readonly RequestProblem[] | null;
  /** Seconds, for the `retry-after` header; `null`: do not send it. */
  readonly retryAfterS: number | null;
}

/** The body of every answer that is an error. */
export const errorBodySchema = z
  .object({
    error: z.object({
      type: z.string().meta({ description: 'For programs to branch on; never renamed.' }),
      message: z.string().meta({ description: 'What happened and what to do.' }),
      problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
      requestId: z.string().meta({ description: 'The id under which the server logged it.' }),
    }),
  })
  .meta({ id: 'Error' });

const SERVICE_STATUS: Readonly<Record<FailureType, number>> = {
  BadInput: 400,
  Denied: 403,
  NotFound: 404,
  Conflict: 409,
  Unavailable: 503,
  CircuitOpen: 503,
  PayloadTooLarge: 413,
  'Plan.Invalid': 400,
  'Plan.Stuck': 409,
  'Tool.NotFound': 404,
  'Tool.Unavailable': 503,
  'Tool.Timeout': 504,
  'Tool.BadAnswer': 502,
  'Tool.BadArguments': 400,
  'Tool.Disabled': 409,
  'Tool.DefinitionChanged': 409,
  'Tool.OutcomeUnknown': 409,
  'Tool.Limited': 429,
  'Tool.LoginNeeded': 409,
  'Llm.RateLimited': 429,
  'Llm.QuotaExceeded': 429,
  'Llm.Authentication': 503,
  'Llm.BadRequest': 502,
  'Llm.ContextTooLong': 413,
  'Llm.Timeout': 504,
  'Llm.Unavailable': 503,
  'Llm.BadAnswer': 502,
};

const CLIENT_ANSWER: Readonly<Record<ClientErrorCode, readonly [number, string]>> = {
  'bad-input': [400, 'BadInput'],
  conflict: [409, 'Conflict'],
  unavailable: [503, 'Unavailable'],
  'not-found': [404, 'NotFound'],
  'already-ended': [409, 'Conflict'],
  'run-failed': [409, 'Conflict'],
};

/** Fastify's own refusals whose words would not help the caller. */
const FASTIFY_ANSWER: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'PayloadTooLarge',
    'The body is larger than this API takes here: send less, or split it.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'BadInput', 'The body is not as long as announced.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'UnsupportedMediaType',
    'Send the body as "content-type: application/json".',
  ],
  FST_ERR_BAD_URL: [400, 'BadInput', 'The path is not a valid URL: check its % escapes.'],
  FST_ERR_MAX_PARAM_LENGTH_EXCEEDED: [414, 'BadInput', 'A name in the path is too long.'],
};

const RETRY_AFTER_S = 5;

/** What an error means to the caller. Whatever was not thrown on purpose is a 500 without details. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HttpError) {
    return answer(error.status, error.type, error.message, { retryAfterS: error.retryAfterS });
  }
  if (isServiceError(error)) {
    const status = SERVICE_STATUS[error.type] ?? 500;
    const problems = problemsOf(error);
    return answer(status, error.type, error.message, {
      ...(problems === null ? {} : { problems }),
      retryAfterS: error.retry.afterMs === null ? null : Math.ceil(error.retry.afterMs / 1000),
    });
  }
  if (isClientError(error)) {
    const [status, type] = CLIENT_ANSWER[error.code];
    return answer(status, type, error.message);
  }
  if (error instanceof RequestError) return fromRequest(error);
  return fromFastify(error);
}

function answer(
  status: number,
  type: string,
  message: string,
  more: {
    readonly problems?: readonly RequestProblem[];
    readonly retryAfterS?: number | null;
  } = {},
): ErrorAnswer {
  const mayRetry = status === 429 || status === 503;
  const retryAfterS = mayRetry ? (more.retryAfterS ?? RETRY_AFTER_S) : null;
  return { status, type, message, problems: more.problems ?? null, retryAfterS };
}

/** A plan's problems name step and field apart. */
const carried = z.object({
  problems: z.array(
    z.object({ step: z.string().nullish(), field: z.string().nullish(), message: z.string() }),
  ),
});

function problemsOf(error: Error): readonly RequestProblem[] | null {
  const parsed = carried.safeParse(error);
  if (!parsed.success) return null;
  return parsed.data.problems.map(({ step, field, message }) => {
    const inPlan = [step && `steps.${step}`, field].filter(Boolean).join('.');
    return { path: inPlan === '' ? 'plan' : `plan.${inPlan}`, message };
  });
}

/** Fastify's words for the parts of a request, and ours. */
const PART: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

function fromRequest({ problems, validationContext }: RequestError): ErrorAnswer {
  const part = PART[validationContext ?? ''] ?? 'body';
  const named = problems.map(({ path, message }) => ({ path: path || part, message }));
  const listed = problems.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
  return answer(400, 'BadInput', `The ${part} is wrong: ${listed}.`, { problems: named });
}

function fromFastify(error: unknown): ErrorAnswer {
  const { code, statusCode, message } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : FASTIFY_ANSWER[code];
  if (known !== undefined) return answer(...known);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return answer(statusCode, 'BadInput', message ?? 'The request is wrong.');
  }
  return answer(
    500,
    'Internal',
    'Something went wrong in the server. Its log has the details under this request id.',
  );
}
