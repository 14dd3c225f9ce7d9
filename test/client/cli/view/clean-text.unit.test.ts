// Proves that nothing a tool says reaches the terminal as a command.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, oneLine } from '../../../../client/cli/view/clean-text.ts';

describe('cleanText', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['a\u001b]8;;http://evil\u0007link\u001b]8;;\u0007', 'alink'],
    ['a\u0008\u0008b\rc', 'abc'],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['\u009b2Jx', '2Jx'],
    ['abc\u202egpj.exe', 'abcgpj.exe'],
    ['naïve – 日本 👍', 'naïve – 日本 👍'],
  ])('%j → %j', (text, clean) => expect(cleanText(text)).toBe(clean));

  it('any text → no control character but line break and tab', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('a line that is too long → cut with a mark, never inside a character', () => {
    expect(oneLine('a\n b  c', 10)).toBe('a b c');
    expect(oneLine('👍👍👍👍', 3)).toBe('👍👍…');
  });
});
