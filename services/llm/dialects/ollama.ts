import { Ollama } from 'ollama';
import { z } from 'zod';
import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { wireFetch } from '../wire-fetch.ts';
import { contextWindow } from './ollama/context-window.ts';
import { fromOllamaAnswer } from './ollama/from-answer.ts';
import { toOllamaRequest } from './ollama/to-request.ts';
import { parseAnswer } from './parse-answer.ts';

const LOCAL_URL = 'http://127.0.0.1:11434';

const modelFacts = z.object({ model_info: z.record(z.string(), z.unknown()).nullish() });

/** Ollama's own `/api/chat`: its OpenAI-compatible route ignores the size of the context window. */
export function createOllamaDialect(config: LlmProviderConfig): LlmDialect {
  let window = 0;
  let limit: number | null | undefined;

  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const client = clientFor(config, signal);
      limit ??= windowLimit(await client.show({ model: config.model }));
      window = contextWindow(request, window, limit);
      const answer: unknown = await client.chat(toOllamaRequest(request, config.model, window));
      return fromOllamaAnswer(answer);
    },
  };
}

/** One for each call: the SDK can cancel all calls of a client or none. */
function clientFor(config: LlmProviderConfig, signal: AbortSignal): Ollama {
  return new Ollama({
    host: config.baseUrl ?? LOCAL_URL,
    ...(config.apiKey === null ? {} : { headers: { Authorization: `Bearer ${config.apiKey}` } }),
    fetch: (input, init) => wireFetch(input, { ...init, signal }),
  });
}

/** The server names the field after the model's family: `llama.context_length`. */
function windowLimit(shown: unknown): number | null {
  const facts = parseAnswer(modelFacts, shown).model_info ?? {};
  const length = Object.entries(facts).find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof length === 'number' && length > 0 ? length : null;
}
