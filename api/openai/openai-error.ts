import { toErrorAnswer } from '../error-answer.ts';

/** An error as OpenAI's clients read it; `code` is our type. */
export function openAiError(error: unknown): {
  readonly status: number;
  readonly retryAfterS: number | null;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string;
    };
  };
} {
  const { status, type, message, problems, retryAfterS } = toErrorAnswer(error);
  const kind =
    status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'api_error';
  const param = problems?.[0]?.path ?? null;
  return { status, retryAfterS, body: { error: { message, type: kind, param, code: type } } };
}
