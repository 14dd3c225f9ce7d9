import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import type { WireCall } from '../wire/post.ts';
import { readSse } from '../wire/read-sse.ts';
import { fromAnthropicAnswer } from './anthropic/from-answer.ts';
import { fromAnthropicStream } from './anthropic/from-stream.ts';
import { toAnthropicRequest } from './anthropic/to-request.ts';
import { opaqueOwner, sendWithReasoning } from './own-opaque.ts';

const VENDOR_URL = 'https://api.anthropic.com';
/** Names what the requests and readers here are written for. */
const API_VERSION = '2026-10-21';

/** The Messages API. */
export function createAnthropicDialect(config: LlmProviderConfig): LlmDialect {
  const url = `${(config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': config.apiKey ?? 'none', 'anthropic-version': API_VERSION };
  const owner = opaqueOwner(config);
  const withLimits = createLearnedLimits();
  const inUse = (request: LlmRequest) => (limit: ModelLimit) =>
    limit === 'no-forced-tool' && request.toolChoice === 'required';
  const send = <T>(
    request: LlmRequest,
    more: { readonly stream?: true },
    post: (call: Pick<WireCall, 'url' | 'headers' | 'body'>) => Promise<T>,
  ): Promise<T> =>
    withLimits(
      (limits) =>
        sendWithReasoning(request, owner, (reader) => {
          const body = { ...toAnthropicRequest(request, config.model, limits, reader), ...more };
          return post({ url, headers, body });
        }),
      inUse(request),
    );
  return {
    embed: null,
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer = await send(request, {}, (call) => postForJson({ ...call, signal }));
      return fromAnthropicAnswer(answer, owner);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await send(request, { stream: true }, (call) =>
        postForStream({ ...call, signal }),
      );
      yield* fromAnthropicStream(readSse(bytes), owner);
    },
  };
}
