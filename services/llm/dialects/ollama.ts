import { Ollama } from 'ollama';
import { z } from 'zod';
import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForStream } from '../wire/post-for-stream.ts';
import { readLines } from '../wire/read-lines.ts';
import { wireFetch } from '../wire-fetch.ts';
import { contextWindow } from './ollama/context-window.ts';
import { fromOllamaAnswer } from './ollama/from-answer.ts';
import { fromOllamaStream } from './ollama/from-stream.ts';
import { toOllamaRequest } from './ollama/to-request.ts';
import { parseAnswer } from './parse-answer.ts';

const LOCAL_URL = 'http://127.0.0.1:11434';

const modelFacts = z.object({ model_info: z.record(z.string(), z.unknown()).nullish() });

/** Ollama's own `/api/chat`: its OpenAI-compatible route ignores the size of the context window. */
export function createOllamaDialect(config: LlmProviderConfig): LlmDialect {
  let window = 0;
  let limit: number | null | undefined;

  async function windowFor(client: Ollama, request: LlmRequest): Promise<number> {
    limit ??= windowLimit(await client.show({ model: config.model }));
    window = contextWindow(request, window, limit);
    return window;
  }

  return {
    async complete(request: LlmRequest, signal: AbortSignal) {
      const client = clientFor(config, signal);
      const tokens = await windowFor(client, request);
      const answer: unknown = await client.chat(toOllamaRequest(request, config.model, tokens));
      return fromOllamaAnswer(answer);
    },
    async *stream(request: LlmRequest, signal: AbortSignal) {
      const tokens = await windowFor(clientFor(config, signal), request);
      const bytes = await postForStream({
        url: `${(config.baseUrl ?? LOCAL_URL).replace(/\/+$/, '')}/api/chat`,
        headers: authorization(config),
        body: { ...toOllamaRequest(request, config.model, tokens), stream: true },
        signal,
      });
      yield* fromOllamaStream(readLines(bytes));
    },
  };
}

/** One for each call: the SDK can cancel all calls of a client or none. */
function clientFor(config: LlmProviderConfig, signal: AbortSignal): Ollama {
  return new Ollama({
    host: config.baseUrl ?? LOCAL_URL,
    headers: authorization(config),
    fetch: (input, init) => wireFetch(input, { ...init, signal }),
  });
}

function authorization({ apiKey }: LlmProviderConfig): Record<string, string> {
  return apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` };
}

/** The server names the field after the model's family: `llama.context_length`. */
function windowLimit(shown: unknown): number | null {
  const facts = parseAnswer(modelFacts, shown).model_info ?? {};
  const length = Object.entries(facts).find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof length === 'number' && length > 0 ? length : null;
}
