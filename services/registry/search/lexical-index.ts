export interface LexicalOptions {
  /** How fast a word's repetition stops to count. @default 1.5 */
  readonly k1?: number;
  /** How much long texts are held back, 0 to 1. @default 0.75 */
  readonly b?: number;
}

/** BM25 over words. Adding and removing touch only the words of that text. */
export interface LexicalIndex {
  readonly size: number;
  /** Adds a text, or replaces the one under the key. */
  put(key: string, words: readonly string[]): void;
  remove(key: string): void;
  /** Scores of all texts that share a word with the query; a word given twice counts twice. */
  scores(words: readonly string[]): Map<string, number>;
  /**
   * Share of the words that at least one of these texts has, 0 to 1: rare words weigh more. 0 where
   * none counts.
   */
  coverage(words: readonly string[], keys: readonly string[], options: CoverageOptions): number;
}

export interface CoverageOptions {
  /** Texts that are not accepted are as if they were not there. */
  readonly accept: (key: string) => boolean;
  /** Whether words that no accepted text has count too, as the rarest. */
  readonly countUnknown: boolean;
}

export function createLexicalIndex({ k1 = 1.5, b = 0.75 }: LexicalOptions = {}): LexicalIndex {
  const postings = new Map<string, Map<string, number>>();
  const texts = new Map<string, { readonly length: number; readonly words: readonly string[] }>();
  let totalLength = 0;

  const remove = (key: string): void => {
    const text = texts.get(key);
    if (text === undefined) return;
    for (const word of text.words) {
      const holders = postings.get(word);
      holders?.delete(key);
      if (holders?.size === 0) postings.delete(word);
    }
    totalLength -= text.length;
    texts.delete(key);
  };
  /** How rare a word of so many texts is: high for rare ones, and for one that no text has. */
  const rarity = (holders: number): number =>
    Math.log(1 + (texts.size - holders + 0.5) / (holders + 0.5));

  return {
    get size() {
      return texts.size;
    },
    put(key, words) {
      remove(key);
      const counts = countWords(words);
      for (const [word, count] of counts) {
        const holders = postings.get(word) ?? new Map<string, number>();
        postings.set(word, holders.set(key, count));
      }
      texts.set(key, { length: words.length, words: [...counts.keys()] });
      totalLength += words.length;
    },
    remove,
    coverage(words, keys, { accept, countUnknown }) {
      let counted = 0;
      let covered = 0;
      for (const word of new Set(words)) {
        const holders = postings.get(word);
        const held = holders !== undefined && someKey(holders, accept);
        if (!held && !countUnknown) continue;
        const weight = rarity(held ? holders.size : 0);
        counted += weight;
        if (held && keys.some((key) => holders.has(key))) covered += weight;
      }
      return counted === 0 ? 0 : covered / counted;
    },
    scores(words) {
      const scores = new Map<string, number>();
      const averageLength = totalLength / Math.max(1, texts.size);
      for (const [word, repeats] of countWords(words)) {
        const holders = postings.get(word);
        if (holders === undefined) continue;
        const weight = repeats * rarity(holders.size) * (k1 + 1);
        for (const [key, count] of holders) {
          const length = texts.get(key)?.length ?? averageLength;
          const damping = k1 * (1 - b + (b * length) / averageLength);
          scores.set(key, (scores.get(key) ?? 0) + (weight * count) / (count + damping));
        }
      }
      return scores;
    },
  };
}

/** Stops at the first: most words have one at once. */
function someKey(holders: ReadonlyMap<string, number>, accept: (key: string) => boolean): boolean {
  for (const key of holders.keys()) if (accept(key)) return true;
  return false;
}

function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
