import { GoogleGenAI } from '@google/genai';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmRequest } from '../../../common/llm.ts';
import { ServiceError } from '../../errors.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { wireFetch } from '../wire-fetch.ts';
import { fromGeminiAnswer } from './google/from-answer.ts';
import { toGeminiRequest } from './google/to-request.ts';

const VENDOR_URL = 'https://generativelanguage.googleapis.com';

/** `generateContent` of the Gemini API. */
export function createGoogleDialect(config: LlmProviderConfig): LlmDialect {
  const client = new GoogleGenAI({
    // Given explicitly: what is left out, the SDK reads from the environment.
    vertexai: false,
    apiKey: config.apiKey ?? 'none',
    // No `retryOptions`: the SDK then makes one attempt.
    httpOptions: { baseUrl: config.baseUrl ?? VENDOR_URL, fetch: wireFetch },
  });
  const withLimits = createLearnedLimits();
  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer: unknown = await withLimits(
        (limits) => {
          const params = toGeminiRequest(request, config.model, limits);
          return client.models
            .generateContent({ ...params, config: { ...params.config, abortSignal: signal } })
            .catch(rejectUnreadable);
        },
        (limit) => limit === 'no-temperature' && request.temperature !== null,
      );
      return fromGeminiAnswer(answer);
    },
  };
}

/** The SDK reads into an answer before it can be checked; `fetch` gives its TypeErrors a cause. */
function rejectUnreadable(error: unknown): never {
  if (!(error instanceof TypeError) || error.cause !== undefined) throw error;
  throw new ServiceError(
    FAILURE.llmBadAnswer,
    `The provider's answer does not have the form of its API: ${error.message}`,
    { cause: error },
  );
}
