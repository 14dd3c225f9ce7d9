import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { readSse } from '../wire/read-sse.ts';
import { fromAnthropicAnswer } from './anthropic/from-answer.ts';
import { fromAnthropicStream } from './anthropic/from-stream.ts';
import { toAnthropicRequest } from './anthropic/to-request.ts';
import { opaqueOwner } from './own-opaque.ts';
import { createReasoningSender } from './reasoning-sender.ts';

const VENDOR_URL = 'https://api.anthropic.com';
/** Names what the requests and readers here are written for. */
const API_VERSION = '2026-10-21';

/** The Messages API. */
export function createAnthropicDialect(config: LlmProviderConfig): LlmDialect {
  const url = `${(config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': config.apiKey ?? 'none', 'anthropic-version': API_VERSION };
  const owner = opaqueOwner(config);
  const send = createReasoningSender({
    ...{ url, headers, owner },
    toBody: (request, limits, reader) => toAnthropicRequest(request, config.model, limits, reader),
    isInUse: ({ toolChoice }, limit) => limit === 'no-forced-tool' && toolChoice === 'required',
  });
  return {
    embed: null,
    async complete(request: LlmRequest, signal: AbortSignal) {
      return fromAnthropicAnswer(await send.forJson(request, signal), owner);
    },
    stream(request: LlmRequest, signal: AbortSignal) {
      return fromAnthropicStream(readSse(send.forStream(request, signal)), owner);
    },
  };
}
