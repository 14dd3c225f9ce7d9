// Proves that the forms of a word share a stem, and that other words keep theirs.
import { describe, expect, it } from 'vitest';
import { searchWords } from '../../../../services/registry/search/search-words.ts';
import { stemWord } from '../../../../services/registry/search/stem-word.ts';

describe('stemWord', () => {
  it.each([
    ['file', 'files', 'filing', 'filed'],
    ['query', 'queries'],
    ['run', 'running', 'runs'],
    ['search', 'searches', 'searching', 'searched'],
    ['convert', 'converts', 'converting', 'converted'],
  ])('%s and its forms → one stem', (...forms) => {
    expect(new Set(forms.map(stemWord)).size).toBe(1);
  });

  it.each(['string', 'bus', 'status', 'analysis', 'größe', 'mp3'])('%s → as it is', (word) => {
    expect(stemWord(word)).toBe(word);
  });
});

describe('searchWords', () => {
  it('a polite question → the words that say what is asked', () => {
    expect(searchWords('Could you please list the files in my folder?')).toEqual(
      ['list', 'file', 'folder'].map(stemWord),
    );
  });
});
