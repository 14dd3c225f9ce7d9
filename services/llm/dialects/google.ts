import { GoogleGenAI } from '@google/genai';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmRequest } from '../../../common/llm.ts';
import { ServiceError } from '../../errors.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForStream } from '../wire/post-for-stream.ts';
import { readSse } from '../wire/read-sse.ts';
import { wireFetch } from '../wire-fetch.ts';
import { fromGeminiAnswer } from './google/from-answer.ts';
import { fromGeminiStream } from './google/from-stream.ts';
import { toGeminiBody, toGeminiRequest } from './google/to-request.ts';

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
  const base = (config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '');
  const modelUrl = `${base}/v1beta/models/${encodeURIComponent(config.model)}`;
  const headers = { 'x-goog-api-key': config.apiKey ?? 'none' };
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
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await withLimits(
        (limits) =>
          postForStream({
            url: `${modelUrl}:streamGenerateContent?alt=sse`,
            headers,
            body: toGeminiBody(toGeminiRequest(request, config.model, limits)),
            signal,
          }),
        (limit) => limit === 'no-temperature' && request.temperature !== null,
      );
      yield* fromGeminiStream(readSse(bytes));
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
