import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import type { WireCall } from '../wire/post.ts';
import { readSse } from '../wire/read-sse.ts';
import { embedByOpenAi } from './openai/embed.ts';
import { openAiServer } from './openai/server.ts';
import { cutAnswerAtStop, cutStreamAtStop } from './openai-responses/cut-at-stop.ts';
import { fromResponsesAnswer } from './openai-responses/from-answer.ts';
import { fromResponsesStream } from './openai-responses/from-stream.ts';
import { toResponsesRequest } from './openai-responses/to-request.ts';
import { opaqueOwner, sendWithReasoning } from './own-opaque.ts';

/**
 * OpenAI's Responses API, without its state: nothing is stored there, and reasoning comes encrypted
 * and goes back with the conversation. Stop words are kept to here: the API has none.
 */
export function createResponsesDialect(config: LlmProviderConfig): LlmDialect {
  const { baseUrl, headers } = openAiServer(config);
  const url = `${baseUrl}/responses`;
  const owner = opaqueOwner(config);
  const withLimits = createLearnedLimits();
  const inUse = (request: LlmRequest) => (limit: ModelLimit) =>
    limit === 'no-temperature'
      ? request.temperature !== null
      : limit === 'no-forced-tool' && request.toolChoice === 'required';
  const send = <T>(
    request: LlmRequest,
    more: { readonly stream?: true },
    post: (call: Pick<WireCall, 'url' | 'headers' | 'body'>) => Promise<T>,
  ): Promise<T> =>
    withLimits(
      (limits) =>
        sendWithReasoning(request, owner, (reader) => {
          const body = { ...toResponsesRequest(request, config.model, limits, reader), ...more };
          return post({ url, headers, body });
        }),
      inUse(request),
    );
  const { model } = config;
  return {
    embed: (request, signal) => embedByOpenAi({ baseUrl, model, headers }, request, signal),
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer = await send(request, {}, (call) => postForJson({ ...call, signal }));
      return cutAnswerAtStop(fromResponsesAnswer(answer, owner), request.stop ?? []);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = await send(request, { stream: true }, (call) =>
        postForStream({ ...call, signal }),
      );
      yield* cutStreamAtStop(fromResponsesStream(readSse(bytes), owner), request.stop ?? []);
    },
  };
}
