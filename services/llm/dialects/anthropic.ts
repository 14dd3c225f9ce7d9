import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import { readSse } from '../wire/read-sse.ts';
import { fromAnthropicAnswer } from './anthropic/from-answer.ts';
import { fromAnthropicStream } from './anthropic/from-stream.ts';
import { toAnthropicRequest } from './anthropic/to-request.ts';

const VENDOR_URL = 'https://api.anthropic.com';
/** Names what the requests and readers here are written for. */
const API_VERSION = '2026-10-21';

/** The Messages API. */
export function createAnthropicDialect(config: LlmProviderConfig): LlmDialect {
  const url = `${(config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': config.apiKey ?? 'none', 'anthropic-version': API_VERSION };
  const withLimits = createLearnedLimits();
  const inUse = (request: LlmRequest) => (limit: ModelLimit) =>
    limit === 'no-forced-tool' && request.toolChoice === 'required';
  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer = await withLimits((limits) => {
        const body = toAnthropicRequest(request, config.model, limits);
        return postForJson({ url, headers, body, signal });
      }, inUse(request));
      return fromAnthropicAnswer(answer);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await withLimits((limits) => {
        const body = { ...toAnthropicRequest(request, config.model, limits), stream: true };
        return postForStream({ url, headers, body, signal });
      }, inUse(request));
      yield* fromAnthropicStream(readSse(bytes));
    },
  };
}
