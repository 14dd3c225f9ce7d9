import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { readSse } from '../wire/read-sse.ts';
import { embedByOpenAi } from './openai/embed.ts';
import { openAiServer } from './openai/server.ts';
import { cutAnswerAtStop, cutStreamAtStop } from './openai-responses/cut-at-stop.ts';
import { fromResponsesAnswer } from './openai-responses/from-answer.ts';
import { fromResponsesStream } from './openai-responses/from-stream.ts';
import { toResponsesRequest } from './openai-responses/to-request.ts';
import { opaqueOwner } from './own-opaque.ts';
import { createReasoningSender } from './reasoning-sender.ts';

/**
 * OpenAI's Responses API, without its state: nothing is stored there, and reasoning comes encrypted
 * and goes back with the conversation. Stop words are kept to here: the API has none.
 */
export function createResponsesDialect(config: LlmProviderConfig): LlmDialect {
  const { baseUrl, headers } = openAiServer(config);
  const url = `${baseUrl}/responses`;
  const owner = opaqueOwner(config);
  const { model, serviceTier = null } = config;
  const send = createReasoningSender({
    ...{ url, headers, owner },
    toBody: (request, limits, reader) => toResponsesRequest(request, config, limits, reader),
    isInUse({ temperature, toolChoice }, limit) {
      if (limit === 'no-temperature') return temperature !== null;
      if (limit === 'no-forced-tool') return toolChoice === 'required';
      return limit === 'no-reasoning-to-keep';
    },
  });
  return {
    embed: (request, signal) => embedByOpenAi({ baseUrl, model, headers }, request, signal),
    async complete(request: LlmRequest, signal: AbortSignal) {
      const answer = await send.forJson(request, signal);
      return cutAnswerAtStop(fromResponsesAnswer(answer, owner, serviceTier), request.stop ?? []);
    },
    stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = send.forStream(request, signal);
      const events = fromResponsesStream(readSse(bytes), owner, serviceTier);
      return cutStreamAtStop(events, request.stop ?? []);
    },
  };
}
