// Proves that a call whose beginning comes again asks its provider to cache it, as each format says
// that, and that a call without one does not.
import { describe, expect, it } from 'vitest';
import type { LlmRequest } from '../../../common/llm.ts';
import { toAnthropicRequest } from '../../../services/llm/dialects/anthropic/to-request.ts';
import { toOpenAiRequest } from '../../../services/llm/dialects/openai/to-request.ts';
import { toResponsesRequest } from '../../../services/llm/dialects/openai-responses/to-request.ts';

const REQUEST: LlmRequest = {
  ...{ role: 'planner', tools: [], toolChoice: 'auto', maxOutputTokens: 10, temperature: null },
  messages: [{ from: 'user', text: 'Hello.' }],
};
const none: ReadonlySet<never> = new Set();

describe.each<[string, (request: LlmRequest) => object, object]>([
  [
    'openai',
    (request) => toOpenAiRequest(request, { model: 'm', maxTokensField: 'max_tokens' }, none),
    { prompt_cache_key: 'acme:talk' },
  ],
  [
    'openai-responses',
    (request) => toResponsesRequest(request, { model: 'm' }, none, null),
    { prompt_cache_key: 'acme:talk' },
  ],
  [
    'anthropic',
    (request) => toAnthropicRequest(request, 'm', none, null),
    { cache_control: { type: 'ephemeral' } },
  ],
])('%s', (_dialect, toRequest, asked) => {
  it('a key of what begins alike → asked for; none → not', () => {
    expect(toRequest({ ...REQUEST, cacheKey: 'acme:talk' })).toMatchObject(asked);
    for (const field of Object.keys(asked)) expect(toRequest(REQUEST)).not.toHaveProperty(field);
  });
});
