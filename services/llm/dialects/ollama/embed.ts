import { z } from 'zod';
import type { DialectVectors, EmbedRequest } from '../../embed-request.ts';
import { postForJson } from '../../wire/post.ts';
import { parseAnswer } from '../parse-answer.ts';
import { toVectors } from '../to-vectors.ts';
import type { ollamaServer } from './server.ts';

const answerShape = z.object({
  embeddings: z.array(z.array(z.number())),
  prompt_eval_count: z.number().nullish(),
});

/** `/api/embed`. A text that is too long is refused, where the server would otherwise cut it. */
export async function embedByOllama(
  { baseUrl, headers }: ReturnType<typeof ollamaServer>,
  model: string,
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<DialectVectors> {
  const { texts, dimensions } = request;
  const sized = dimensions === undefined ? {} : { dimensions };
  const body = { model, input: texts, truncate: false, ...sized };
  const answer = await postForJson({ url: `${baseUrl}/api/embed`, headers, body, signal });
  const { embeddings, prompt_eval_count } = parseAnswer(answerShape, answer);
  return toVectors(request, embeddings, prompt_eval_count ?? null);
}
