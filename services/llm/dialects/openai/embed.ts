import { z } from 'zod';
import type { DialectVectors, EmbedRequest } from '../../embed-request.ts';
import { postForJson } from '../../wire/post.ts';
import { parseAnswer } from '../parse-answer.ts';
import { toVectors } from '../to-vectors.ts';

const answerShape = z.object({
  data: z.array(z.object({ index: z.number().optional(), embedding: z.array(z.number()) })),
  usage: z.object({ prompt_tokens: z.number().nullish() }).nullish(),
});

/** `/embeddings` of OpenAI's format. */
export async function embedByOpenAi(
  target: {
    readonly baseUrl: string;
    readonly model: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<DialectVectors> {
  const { baseUrl, model, headers } = target;
  const { texts, dimensions } = request;
  const sized = dimensions === undefined ? {} : { dimensions };
  // Numbers and not Base64: every compatible server knows these.
  const body = { model, input: texts, encoding_format: 'float', ...sized };
  const answer = await postForJson({ url: `${baseUrl}/embeddings`, headers, body, signal });
  const { data, usage } = parseAnswer(answerShape, answer);
  const inOrder = data.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const vectors = inOrder.map(({ embedding }) => embedding);
  return toVectors(request, vectors, usage?.prompt_tokens ?? null);
}
