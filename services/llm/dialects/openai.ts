import { OpenAI } from 'openai';
import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForStream } from '../wire/post-for-stream.ts';
import { readSse } from '../wire/read-sse.ts';
import { wireFetch } from '../wire-fetch.ts';
import { fromOpenAiAnswer } from './openai/from-answer.ts';
import { fromOpenAiStream } from './openai/from-stream.ts';
import { toOpenAiRequest } from './openai/to-request.ts';
import type { OpenAiTarget } from './openai/to-request.ts';

const VENDOR_URL = 'https://api.openai.com/v1';

/** Chat Completions: OpenAI itself and the many servers that speak the same format. */
export function createOpenAiDialect(config: LlmProviderConfig): LlmDialect {
  const baseURL = config.baseUrl ?? VENDOR_URL;
  const client = new OpenAI({
    baseURL,
    // The SDK insists on a key; a server without one never sees it.
    apiKey: config.apiKey ?? 'none',
    ...(config.apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
    // Given explicitly: what is left out, the SDK reads from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: config.timeoutMs + 1000,
    fetch: wireFetch,
    logLevel: 'off',
  });
  const target: OpenAiTarget = {
    model: config.model,
    maxTokensField:
      new URL(baseURL).hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens',
  };
  const withLimits = createLearnedLimits();
  const inUse = (request: LlmRequest) => (limit: ModelLimit) => {
    if (limit === 'no-temperature') return request.temperature !== null;
    if (limit === 'no-forced-tool') return request.toolChoice === 'required';
    return request.tools.length > 0;
  };
  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer: unknown = await withLimits(
        (limits) =>
          client.chat.completions.create(toOpenAiRequest(request, target, limits), { signal }),
        inUse(request),
      );
      return fromOpenAiAnswer(answer);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await withLimits(
        (limits) =>
          postForStream({
            url: `${baseURL.replace(/\/+$/, '')}/chat/completions`,
            headers: config.apiKey === null ? {} : { authorization: `Bearer ${config.apiKey}` },
            body: {
              ...toOpenAiRequest(request, target, limits),
              stream: true,
              stream_options: { include_usage: true },
            },
            signal,
          }),
        inUse(request),
      );
      yield* fromOpenAiStream(readSse(bytes));
    },
  };
}
