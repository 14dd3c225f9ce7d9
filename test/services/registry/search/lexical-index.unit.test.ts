// Proves the BM25 scores against ones worked out by hand, and that texts come and go without trace.
import { describe, expect, it } from 'vitest';
import { createLexicalIndex } from '../../../../services/registry/search/lexical-index.ts';

describe('createLexicalIndex', () => {
  it('three texts → the scores of the BM25 formula', () => {
    const index = createLexicalIndex({ k1: 1.5, b: 0.75 });
    index.put('a', ['read', 'file']);
    index.put('b', ['write', 'file', 'file']);
    index.put('c', ['send', 'mail', 'to', 'people', 'now']);
    // Average length 10 / 3. idf = ln(1 + (3 - n + 0.5) / (n + 0.5)), n = 2 for "file".
    const idf = Math.log(1 + 1.5 / 2.5);
    const damping = (length: number): number => 1.5 * (0.25 + (0.75 * length) / (10 / 3));
    const scores = index.scores(['file', 'unknown']);
    expect([...scores.keys()].sort()).toEqual(['a', 'b']);
    expect(scores.get('a')).toBeCloseTo((idf * 2.5) / (1 + damping(2)), 10);
    expect(scores.get('b')).toBeCloseTo((idf * 2.5 * 2) / (2 + damping(3)), 10);
  });

  it('a word given twice → counts twice', () => {
    const index = createLexicalIndex();
    index.put('a', ['file']);
    const once = index.scores(['file']).get('a') ?? 0;
    expect(index.scores(['file', 'file']).get('a')).toBeCloseTo(2 * once, 10);
  });

  it('texts replaced and removed → as if they had never been there', () => {
    const index = createLexicalIndex();
    const fresh = createLexicalIndex();
    index.put('a', ['old', 'words']);
    index.put('gone', ['file', 'file', 'old']);
    index.put('a', ['read', 'file']);
    index.remove('gone');
    index.remove('never-there');
    fresh.put('a', ['read', 'file']);
    expect(index.size).toBe(1);
    expect(index.scores(['file', 'old'])).toEqual(fresh.scores(['file', 'old']));
  });

  it('coverage → share of the known words, the rare ones weighing more', () => {
    const options = { accept: () => true, countUnknown: false };
    const index = createLexicalIndex();
    index.put('a', ['read', 'file']);
    index.put('b', ['write', 'file']);
    index.put('c', ['send', 'mail']);
    expect(index.coverage(['read', 'file'], ['a'], options)).toBe(1);
    expect(index.coverage(['read', 'file'], ['b'], options)).toBeLessThan(0.5);
    expect(index.coverage(['read', 'file'], ['b'], options)).toBeGreaterThan(0);
    expect(index.coverage(['file', 'Paris'], ['a'], options)).toBe(1);
    expect(index.coverage(['Paris'], ['a', 'b', 'c'], options)).toBe(0);
    expect(index.coverage(['mail'], [], options)).toBe(0);
  });

  it('coverage with unknown words → they count as the rarest; what is not accepted is unknown', () => {
    const index = createLexicalIndex();
    index.put('a', ['read', 'file']);
    index.put('b', ['send', 'mail']);
    const all = { accept: () => true, countUnknown: true };
    const onlyA = { accept: (key: string) => key === 'a', countUnknown: true };
    expect(index.coverage(['read', 'file'], ['a'], all)).toBe(1);
    expect(index.coverage(['read', 'Paris'], ['a'], all)).toBeLessThan(0.5);
    expect(index.coverage(['read', 'mail'], ['b'], onlyA)).toBe(0);
    expect(index.coverage(['read', 'mail'], ['a'], { ...onlyA, countUnknown: false })).toBe(1);
  });
});
