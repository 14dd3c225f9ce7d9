import { findDifference } from '../../cache/semantic/find-difference.ts';
import type { Embedder } from '../../embeddings/embedder.ts';

/** As near as a model's own rewordings of one answer are. */
const LEAST_COSINE = 0.9;

/** Whether two answers say the same: equal words, or near ones without another number, name or "not". */
export async function alikeAnswers(embedder: Embedder, a: string, b: string): Promise<boolean> {
  if (normal(a) === normal(b)) return true;
  const difference = findDifference(a, b);
  if (difference !== null && difference !== 'order') return false;
  const [first, second] = await embedder.embed([a, b]);
  if (first === undefined || second === undefined) return false;
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0) >= LEAST_COSINE;
}

function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s.!]+/g, ' ')
    .trim();
}
