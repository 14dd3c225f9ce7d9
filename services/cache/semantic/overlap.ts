import { contentWords } from './find-difference.ts';

/** Share of the content words of two texts that both have: 0 to 1; 1 where neither has any. */
export function overlapOf(a: string, b: string): number {
  const [first, second] = [contentWords(a), new Set(contentWords(b))];
  const shared = first.filter((word) => second.has(word)).length;
  const all = first.length + second.size - shared;
  return all === 0 ? 1 : shared / all;
}
