import { Anthropic } from '@anthropic-ai/sdk';
import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForStream } from '../wire/post-for-stream.ts';
import { readSse } from '../wire/read-sse.ts';
import { wireFetch } from '../wire-fetch.ts';
import { fromAnthropicAnswer } from './anthropic/from-answer.ts';
import { fromAnthropicStream } from './anthropic/from-stream.ts';
import { toAnthropicRequest } from './anthropic/to-request.ts';

const VENDOR_URL = 'https://api.anthropic.com';
/** The one that the SDK sends. */
const API_VERSION = '2026-10-21';

/** The Messages API. */
export function createAnthropicDialect(config: LlmProviderConfig): LlmDialect {
  const client = new Anthropic({
    baseURL: config.baseUrl ?? VENDOR_URL,
    // A key given here keeps the SDK from looking for one in the environment and in files.
    apiKey: config.apiKey ?? 'none',
    maxRetries: 0,
    // Without a time limit of ours the SDK refuses long answers that are not streamed.
    timeout: config.timeoutMs + 1000,
    fetch: wireFetch,
    logLevel: 'off',
  });
  const withLimits = createLearnedLimits();
  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer: unknown = await withLimits(
        (limits) =>
          client.messages.create(toAnthropicRequest(request, config.model, limits), { signal }),
        (limit) => limit === 'no-forced-tool' && request.toolChoice === 'required',
      );
      return fromAnthropicAnswer(answer);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await withLimits(
        (limits) =>
          postForStream({
            url: `${(config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '')}/v1/messages`,
            headers: { 'x-api-key': config.apiKey ?? 'none', 'anthropic-version': API_VERSION },
            body: { ...toAnthropicRequest(request, config.model, limits), stream: true },
            signal,
          }),
        (limit) => limit === 'no-forced-tool' && request.toolChoice === 'required',
      );
      yield* fromAnthropicStream(readSse(bytes));
    },
  };
}
