import { stemWord } from '../../registry/search/stem-word.ts';
import { STOP_WORDS } from '../../registry/search/stop-words.ts';

/** Why two requests that are near are not the same: what an embedding hardly sees. */
export type Difference = 'numbers' | 'negation' | 'names' | 'order';

const NUMBER = /\d+(?:[.,:/]\d+)*/g;
const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;
const NUMBER_WORDS = new Set(
  'one two three four five six seven eight nine ten eleven twelve first second third fourth'.split(
    ' ',
  ),
);
const NEGATIONS = new Set(
  'no not never none nothing nobody neither nor without cannot non except against'.split(' '),
);
const NEGATED = /n['’]t$/;
const CAPITALISED = /^\p{Lu}/u;
const SENTENCE_END = /[.!?:]\s*["'(]?$/;

/**
 * The first thing in which two requests differ that makes another answer likely: other numbers,
 * another count of negations, a name that only one has, or the words they share in another order
 * (`from A to B`, `A better than B`). `null` says only that none of these was seen.
 */
export function findDifference(a: string, b: string): Difference | null {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  if (!equal(numbersIn(a, first), numbersIn(b, second))) return 'numbers';
  if (negations(first) !== negations(second)) return 'negation';
  if (hasNameOutside(a, second) || hasNameOutside(b, first)) return 'names';
  return sameOrder(contentOf(first), contentOf(second)) ? null : 'order';
}

/** Words that carry meaning, in their common form, each once, in order. */
export function contentWords(text: string): string[] {
  return contentOf(wordsOf(text));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

function contentOf(words: readonly string[]): string[] {
  return [...new Set(words.filter((word) => !STOP_WORDS.has(word)).map(stemWord))];
}

function numbersIn(text: string, words: readonly string[]): string[] {
  return [...(text.match(NUMBER) ?? []), ...words.filter((word) => NUMBER_WORDS.has(word))];
}

function negations(words: readonly string[]): number {
  return words.filter((word) => NEGATIONS.has(word) || NEGATED.test(word)).length;
}

/** A capital letter means a name, unless a sentence begins there or the word is `I` or the like. */
function hasNameOutside(text: string, words: readonly string[]): boolean {
  const known = new Set(words);
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const before = text.slice(0, match.index).trimEnd();
    if (!CAPITALISED.test(word) || before === '' || SENTENCE_END.test(before)) continue;
    const plain = word.toLowerCase();
    if (!known.has(plain) && !STOP_WORDS.has(plain.replace(/['’].*/, ''))) return true;
  }
  return false;
}

function sameOrder(first: readonly string[], second: readonly string[]): boolean {
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  return equal(
    first.filter((word) => inSecond.has(word)),
    second.filter((word) => inFirst.has(word)),
  );
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
