const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;
const WORDS_PER_MINUTE = 220;

export interface TextStatistics {
  characters: number;
  words: number;
  lines: number;
  sentences: number;
  readingMinutes: number;
  topWords: { word: string; count: number }[];
}

/** @param top how many of the most frequent words (of four letters or more) to name */
export function textStatistics(text: string, top: number): TextStatistics {
  const words = text.match(WORD) ?? [];
  const counts = new Map<string, number>();
  for (const word of words.map((each) => each.toLowerCase())) {
    if (word.length >= 4) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const topWords = [...counts]
    .map(([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || a.word.localeCompare(b.word))
    .slice(0, top);
  return {
    characters: [...text].length,
    words: words.length,
    lines: text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    sentences: text.match(/[^\s.!?][^.!?]*[.!?]+(?=\s|$)/g)?.length ?? 0,
    readingMinutes: Math.round((words.length / WORDS_PER_MINUTE) * 10) / 10,
    topWords,
  };
}
