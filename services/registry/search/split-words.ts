const WORD = /[\p{L}\p{N}]+/gu;
const HAN = /\p{Script=Han}/u;
const MAX_CHARS = 20_000;

/** `createIssue`, `create_issue`, `HTTPServer2` -> `create Issue`, `create issue`, `HTTP Server2`. */
export function splitName(name: string): string {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * Words in lower case, in order, repeated as they stand. Chinese and Japanese have no spaces: each
 * pair of neighbouring Han characters is a word.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [run] of text.slice(0, MAX_CHARS).toLowerCase().matchAll(WORD)) {
    if (HAN.test(run)) words.push(...pairs(run));
    else words.push(run);
  }
  return words;
}

function pairs(run: string): string[] {
  const signs = [...run];
  if (signs.length === 1) return signs;
  return signs.slice(1).map((sign, index) => `${signs[index] ?? ''}${sign}`);
}
