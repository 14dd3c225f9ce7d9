// Proves that texts of any size and script are counted and cut to the token budget, that no character
// is torn, and that a long text is read piece by piece without a gap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findInText, readPiece } from '../../../common/read-piece.ts';
import { countTokens } from '../../../services/context/count-tokens.ts';
import { cutToTokens } from '../../../services/context/cut-to-tokens.ts';
import { contextBudget, promptTokensFor } from '../../../services/context/context-budget.ts';
import { shareTokens } from '../../../services/context/share-tokens.ts';
import { summariseByRules } from '../../../services/context/summarise-by-rules.ts';

const LARGE = {
  'one letter': 'a'.repeat(5_000_000),
  blanks: ' '.repeat(5_000_000),
  Japanese: '漢字仮名交じり文'.repeat(12_500),
  Arabic: 'مرحبا بالعالم '.repeat(8_000),
  emoji: '👩‍👩‍👧‍👦🎼'.repeat(8_000),
  base64: Buffer.from(Uint8Array.from({ length: 75_000 }, (_, at) => (at * 7_919) % 256)).toString(
    'base64',
  ),
  'control tokens': '<|endoftext|>'.repeat(8_000),
};

describe('counting and cutting', () => {
  it.each(Object.entries(LARGE))('100 kB to 5 MB of %s → cut to the budget', (_, text) => {
    expect(countTokens(text)).toBeGreaterThan(500);
    const cut = cutToTokens(text, 300);
    expect(countTokens(cut.text)).toBeLessThanOrEqual(300);
    expect(cut.omitted).not.toBeNull();
    expect(cut.text.isWellFormed()).toBe(true);
  });

  it('any text and budget → within it (but for the note), beginning and end as they were', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 1_000 }),
        fc.integer({ min: 60, max: 400 }),
        (text, max) => {
          const { text: cut, omitted } = cutToTokens(text, max);
          if (omitted === null) return cut === text;
          return (
            countTokens(cut) <= max + 8 &&
            cut.startsWith(text.slice(0, omitted.from)) &&
            cut.endsWith(text.slice(omitted.to))
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('nothing → nothing', () => {
    expect(countTokens('')).toBe(0);
    expect(cutToTokens('', 0)).toEqual({ text: '', omitted: null });
    expect(summariseByRules([], 100)).toBe('');
  });

  it('shares → none above its size, all used, the long ones alike', () => {
    expect(shareTokens([10, 500, 500, 20], 230)).toEqual([10, 100, 100, 20]);
    expect(shareTokens([], 10)).toEqual([]);
    expect(shareTokens([5, 5], 100)).toEqual([5, 5]);
  });

  it('what a model holds → 60 % of it, at most 100,000 tokens; not known → 64,000', () => {
    expect(promptTokensFor(8_192)).toBe(4_915);
    expect(promptTokensFor(1_000_000)).toBe(100_000);
    expect(promptTokensFor(null)).toBe(64_000);
  });

  it('a budget → instructions first, the rest shared whole; never a section too small to say anything', () => {
    expect(contextBudget(11_000, 1_000).sections).toEqual({
      instructions: 1_000,
      tools: 2_500,
      results: 3_500,
      history: 4_000,
    });
    const { tools, results, history } = contextBudget(500, 1_000).sections;
    expect([tools, results, history]).toEqual([400, 400, 400]);
  });
});

describe('reading a long text', () => {
  it('piece by piece → the whole text, whatever the length of a piece', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 7 }),
        (text, length) => {
          let read = '';
          let offset: number | null = 0;
          while (offset !== null) {
            const piece = readPiece(text, offset, length);
            read += piece.text;
            offset = piece.nextOffset;
          }
          return read === text;
        },
      ),
    );
  });

  it('a word with characters of patterns, in any case → where it stands', () => {
    const text = `${'-'.repeat(1_000)}Total (EUR): 12${'-'.repeat(1_000)}`;
    const [match] = findInText(text, 'total (eur)');
    expect(match?.offset).toBe(1_000);
    expect(match?.text).toContain('Total (EUR): 12');
    expect(findInText('a'.repeat(1_000), 'a')).toHaveLength(10);
    expect(findInText(text, 'nothing')).toEqual([]);
  });
});
