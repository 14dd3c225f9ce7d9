// Proves how names and texts come apart into words, also without spaces between them.
import { describe, expect, it } from 'vitest';
import { splitName, splitWords } from '../../../../services/registry/search/split-words.ts';

describe('splitName', () => {
  it.each([
    ['createIssue', 'create Issue'],
    ['create_issue', 'create issue'],
    ['get-HTTPServer2', 'get HTTP Server2'],
    ['maps.geocode', 'maps geocode'],
    ['__', ''],
  ])('%s → %s', (name, words) => {
    expect(splitName(name)).toBe(words);
  });
});

describe('splitWords', () => {
  it('punctuation and case → bare words, repeats kept', () => {
    expect(splitWords('Read the file, the FILE!')).toEqual(['read', 'the', 'file', 'the', 'file']);
  });

  it('accents and Cyrillic → words', () => {
    expect(splitWords('größe Файл')).toEqual(['größe', 'файл']);
  });

  it('Chinese → pairs of neighbours', () => {
    expect(splitWords('必应搜索')).toEqual(['必应', '应搜', '搜索']);
    expect(splitWords('查')).toEqual(['查']);
  });

  it('100 kB → cut, not hung', () => {
    expect(splitWords('word '.repeat(20_000)).length).toBeLessThan(5_000);
  });
});
