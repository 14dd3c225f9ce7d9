import { z } from 'zod';
import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmDialect } from '../llm-dialect.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import { readLines } from '../wire/read-lines.ts';
import { contextWindow } from './ollama/context-window.ts';
import { embedByOllama } from './ollama/embed.ts';
import { fromOllamaAnswer } from './ollama/from-answer.ts';
import { fromOllamaStream } from './ollama/from-stream.ts';
import { ollamaServer } from './ollama/server.ts';
import { toOllamaRequest } from './ollama/to-request.ts';
import { parseAnswer } from './parse-answer.ts';

const modelFacts = z.object({ model_info: z.record(z.string(), z.unknown()).nullish() });

/** Ollama's own `/api/chat`: its OpenAI-compatible route ignores the size of the context window. */
export function createOllamaDialect({ model, ...config }: LlmProviderConfig): LlmDialect {
  const server = ollamaServer(config);
  const { baseUrl, headers } = server;
  const url = `${baseUrl}/api/chat`;
  let window = 0;
  let limit: number | null | undefined;

  async function bodyOf(request: LlmRequest, signal: AbortSignal) {
    limit ??= windowLimit(
      await postForJson({ url: `${baseUrl}/api/show`, headers, body: { model }, signal }),
    );
    window = contextWindow(request, window, limit);
    return toOllamaRequest(request, model, window);
  }

  return {
    embed: (request, signal) => embedByOllama(server, model, request, signal),
    async complete(request: LlmRequest, signal: AbortSignal) {
      const body = await bodyOf(request, signal);
      return fromOllamaAnswer(await postForJson({ url, headers, body, signal }));
    },
    stream(request: LlmRequest, signal: AbortSignal) {
      const bytes = bodyOf(request, signal).then((body) =>
        postForStream({ url, headers, body: { ...body, stream: true }, signal }),
      );
      return fromOllamaStream(readLines(bytes));
    },
  };
}

/** The server names the field after the model's family: `llama.context_length`. */
function windowLimit(shown: unknown): number | null {
  const facts = parseAnswer(modelFacts, shown).model_info ?? {};
  const length = Object.entries(facts).find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof length === 'number' && length > 0 ? length : null;
}
