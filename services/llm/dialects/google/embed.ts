import { z } from 'zod';
import type { DialectVectors, EmbedRequest } from '../../embed-request.ts';
import { postForJson } from '../../wire/post.ts';
import { parseAnswer } from '../parse-answer.ts';
import { toVectors } from '../to-vectors.ts';
import type { geminiServer } from './server.ts';

/** The API takes no more at once. */
const MAX_TEXTS = 100;

const answerShape = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })) });

/** `batchEmbedContents`, as often as the number of texts needs. This API does not count tokens. */
export async function embedByGemini(
  { modelUrl, headers }: ReturnType<typeof geminiServer>,
  model: string,
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<DialectVectors> {
  const { texts, dimensions } = request;
  const sized = dimensions === undefined ? {} : { outputDimensionality: dimensions };
  const vectors: number[][] = [];
  for (let at = 0; at < texts.length; at += MAX_TEXTS) {
    const requests = texts.slice(at, at + MAX_TEXTS).map((text) => {
      return { model: `models/${model}`, content: { parts: [{ text }] }, ...sized };
    });
    const url = `${modelUrl}:batchEmbedContents`;
    const answer = await postForJson({ url, headers, body: { requests }, signal });
    const { embeddings } = parseAnswer(answerShape, answer);
    vectors.push(...embeddings.map(({ values }) => values));
  }
  return toVectors(request, vectors, null);
}
