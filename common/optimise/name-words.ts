/** Words that say nothing about which value is meant. */
const EMPTY = new Set(
  'a an and as at by for from get in into is its of on or the to with'.split(' '),
);

/** The words of a name or short text, in lower case and singular: `songIds` → `song`, `id`. */
export function nameWords(text: string): readonly string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !EMPTY.has(word))
    .map(singular);
}

/** The part of `words` that is among the others, 0 to 1. */
export function share(words: readonly string[], others: readonly string[]): number {
  if (words.length === 0) return 0;
  return words.filter((word) => others.includes(word)).length / words.length;
}

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 3 && /[^su]s$/.test(word)) return word.slice(0, -1);
  return word;
}
