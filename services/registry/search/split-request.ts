/** After the end of a sentence, at a line break, or before `2.` of a list. */
const SENTENCE_END =
  /(?<=[.!?;]["')\]]?)\s+(?=["'([]?[\p{Lu}\p{N}])|\n+|(?<=[。！？；])|(?:^|\s)\d+[.)]\s+/u;
const FIRST_WORDS =
  /^(?:(?:please|then|also|and|next|finally|additionally|furthermore|moreover|lastly|first|second|third|secondly|thirdly|after that|afterwards|now|so|but|however|in addition)\b[,:]?\s*)+/i;
const A_WORD = /\p{L}{3}|\p{Script=Han}/u;
/** Each is embedded and searched by itself. */
const MAX_STEPS = 12;
const MAX_CHARS = 20_000;

/**
 * The steps that a request states, by rule: one a sentence. Empty where it is a single step, since
 * that is the request itself.
 */
export function splitRequest(request: string): readonly string[] {
  const sentences = request.slice(0, MAX_CHARS).split(SENTENCE_END);
  const steps = new Set(
    sentences.map((sentence) => sentence.trim().replace(FIRST_WORDS, '')).filter(hasWord),
  );
  return steps.size < 2 ? [] : [...steps].slice(0, MAX_STEPS);
}

function hasWord(text: string): boolean {
  return A_WORD.test(text);
}
