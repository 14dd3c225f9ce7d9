import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import { readSse } from '../wire/read-sse.ts';
import { embedByOpenAi } from './openai/embed.ts';
import { fromOpenAiAnswer } from './openai/from-answer.ts';
import { fromOpenAiStream } from './openai/from-stream.ts';
import { openAiServer } from './openai/server.ts';
import { toOpenAiRequest } from './openai/to-request.ts';
import type { OpenAiTarget } from './openai/to-request.ts';

/** Chat Completions: OpenAI itself and the many servers that speak the same format. */
export function createOpenAiDialect(config: LlmProviderConfig): LlmDialect {
  const { baseUrl, isVendor, headers } = openAiServer(config);
  const url = `${baseUrl}/chat/completions`;
  const { model, serviceTier = null } = config;
  const target: OpenAiTarget = {
    model,
    serviceTier,
    maxTokensField: isVendor ? 'max_completion_tokens' : 'max_tokens',
  };
  const withLimits = createLearnedLimits();
  const inUse = (request: LlmRequest) => (limit: ModelLimit) => {
    if (limit === 'no-temperature') return request.temperature !== null;
    if (limit === 'no-forced-tool') return request.toolChoice === 'required';
    return limit === 'no-reasoning-with-tools' && request.tools.length > 0;
  };
  return {
    embed: (request, signal) => embedByOpenAi({ baseUrl, model, headers }, request, signal),
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer = await withLimits((limits) => {
        const body = toOpenAiRequest(request, target, limits);
        return postForJson({ url, headers, body, signal });
      }, inUse(request));
      return fromOpenAiAnswer(answer, serviceTier);
    },
    stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = withLimits((limits) => {
        const whole = toOpenAiRequest(request, target, limits);
        const body = { ...whole, stream: true, stream_options: { include_usage: true } };
        return postForStream({ url, headers, body, signal });
      }, inUse(request));
      return fromOpenAiStream(readSse(bytes), serviceTier);
    },
  };
}
