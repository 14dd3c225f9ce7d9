import type { LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import { readSse } from '../wire/read-sse.ts';
import { embedByGemini } from './google/embed.ts';
import { fromGeminiAnswer } from './google/from-answer.ts';
import { fromGeminiStream } from './google/from-stream.ts';
import { geminiServer } from './google/server.ts';
import { toGeminiRequest } from './google/to-request.ts';
import { opaqueOwner } from './own-opaque.ts';

/** `generateContent` of the Gemini API. */
export function createGoogleDialect(config: LlmProviderConfig): LlmDialect {
  const server = geminiServer(config);
  const { modelUrl, headers } = server;
  const owner = opaqueOwner(config);
  const withLimits = createLearnedLimits();
  const toBody = (request: LlmRequest, limits: ReadonlySet<ModelLimit>) => {
    const body = toGeminiRequest(request, limits, owner);
    return config.serviceTier ? { ...body, serviceTier: config.serviceTier } : body;
  };
  const inUse = (request: LlmRequest) => (limit: ModelLimit) =>
    limit === 'no-temperature' && request.temperature !== null;
  return {
    embed: (request, signal) => embedByGemini(server, config.model, request, signal),
    async complete(request: LlmRequest, signal: AbortSignal) {
      const url = `${modelUrl}:generateContent`;
      const answer = await withLimits(
        (limits) => postForJson({ url, headers, body: toBody(request, limits), signal }),
        inUse(request),
      );
      return fromGeminiAnswer(answer, owner);
    },
    stream(request: LlmRequest, signal: AbortSignal) {
      const url = `${modelUrl}:streamGenerateContent?alt=sse`;
      const bytes = withLimits(
        (limits) => postForStream({ url, headers, body: toBody(request, limits), signal }),
        inUse(request),
      );
      return fromGeminiStream(readSse(bytes), owner);
    },
  };
}
