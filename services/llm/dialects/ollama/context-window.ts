import { FAILURE } from '../../../../common/failures.ts';
import type { LlmRequest } from '../../../../common/llm.ts';
import { ServiceError } from '../../../errors.ts';

const SMALLEST_WINDOW = 8192;
/** Errs on the side of too many: English has about four bytes a token, other scripts three. */
const BYTES_PER_TOKEN = 3;

/**
 * Window to ask for: the smallest power of two that holds prompt and answer, never under `atLeast`.
 * A change of window makes the server load the model anew, so it grows in few steps and never shrinks.
 *
 * @param limit the model's own window; `null` where the server does not say.
 * @throws ServiceError (Llm.ContextTooLong): the server would cut the prompt instead.
 */
export function contextWindow(request: LlmRequest, atLeast: number, limit: number | null): number {
  const promptBytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools]));
  const needed = Math.ceil(promptBytes / BYTES_PER_TOKEN) + request.maxOutputTokens;
  const window = Math.max(SMALLEST_WINDOW, atLeast, 2 ** Math.ceil(Math.log2(needed)));
  if (limit === null || window <= limit) return window;
  if (needed <= limit) return limit;
  throw new ServiceError(
    FAILURE.llmContextTooLong,
    `The prompt and the answer need about ${needed} tokens, and the model holds ${limit}. ` +
      'Shorten the conversation, offer fewer tools, or choose a model with a larger context window.',
  );
}
