const ENGLISH = /^[a-z]{4,}$/;
const VOWEL = /[aeiouy]/;
/** One vowel between consonants, as in `fil(e)` and `tim(e)`. */
const SHORT = /^[^aeiouy]*[aeiou][^aeiouwxy]$/;

/**
 * The part that the forms of an English word share: `queries` and `query` become `queri`.
 * Inflections only: words of like meaning are the embedder's matter.
 */
export function stemWord(word: string): string {
  if (!ENGLISH.test(word)) return word;
  let stem = withoutPlural(word);
  if (stem.endsWith('ing') && stem.length > 5) stem = withoutSuffix(stem, 3);
  else if (stem.endsWith('ed') && stem.length > 4) stem = withoutSuffix(stem, 2);
  if (stem.endsWith('e') && stem.length > 4) stem = stem.slice(0, -1);
  return stem.endsWith('y') && stem.length > 3 ? `${stem.slice(0, -1)}i` : stem;
}

function withoutPlural(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}

/** `running` -> `run`, `filing` -> `file`; `string` stays: what is left must have a vowel. */
function withoutSuffix(word: string, length: number): string {
  const rest = word.slice(0, -length);
  if (!VOWEL.test(rest)) return word;
  if (rest.length > 3 && /([bdfgmnprt])\1$/.test(rest)) return rest.slice(0, -1);
  return SHORT.test(rest) ? `${rest}e` : rest;
}
