import { z } from 'zod';
import { MAX_EMBED_TEXTS } from '../../services/llm/embed-tokens.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { createCallSignals } from '../openai/call-signals.ts';
import { BODY_LIMIT_BYTES, sendOpenAiError } from '../openai/send-stream.ts';
import { tenantOf } from '../tenant-of.ts';

const text = z.string().min(1);
const body = z.looseObject({
  model: z.string().min(1).max(300).meta({ description: '`provider/model` or a model’s name.' }),
  /** Texts; token numbers belong to one vendor's tokenizer and are not taken. */
  input: z.union([text, z.array(text).min(1).max(MAX_EMBED_TEXTS)]),
  dimensions: z.int().min(1).max(65_536).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});

/** The gateway's embeddings in OpenAI's form. */
export function registerEmbeddings(api: Api, deps: ResolvedApiDeps): void {
  const signalOf = createCallSignals(deps.closing);
  api.post(
    '/v1/embeddings',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      errorHandler: sendOpenAiError,
      schema: { tags: ['models'], summary: 'Embed texts, as OpenAI does', body },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      const { model, input, dimensions, encoding_format } = request.body;
      const sized = dimensions ? { dimensions } : {};
      const { vectors, usage, servedBy, routing } = await deps.gateway.embed(
        { texts: [input].flat(), ...sized },
        { signal: signalOf(reply), tenantId, model },
      );
      const data = vectors.map((vector, index) => {
        const embedding = encoding_format === 'base64' ? toBase64(vector) : vector;
        return { object: 'embedding', index, embedding };
      });
      const tokens = usage.inputTokens ?? 0;
      return reply.send({
        object: 'list',
        data,
        model: servedBy.model,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
        ostinato: { servedBy, routing: routing ?? null, costUsd: usage.costUsd },
      });
    },
  );
}

/** 32-bit floats, the low byte first. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at);
  return bytes.toString('base64');
}
