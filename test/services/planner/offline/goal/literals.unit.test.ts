// Proves which parts of a sentence count as values written out, and that they stand where the text
// says they stand.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findLiterals,
  maskLiterals,
} from '../../../../../services/planner/offline/goal/literals.ts';

const found = (text: string) => findLiterals(text).map(({ kind, value }) => [kind, value]);

describe('findLiterals', () => {
  it.each([
    [
      'Read package.json and README.md.',
      [
        ['path', 'package.json'],
        ['path', 'README.md'],
      ],
    ],
    [
      'Add 19 and 23, then 1,000.5',
      [
        ['number', 19],
        ['number', 23],
        ['number', 1000.5],
      ],
    ],
    [
      'two and -4%',
      [
        ['number', 2],
        ['number', -4],
      ],
    ],
    [
      `say 'it isn't so' to a/b.txt`,
      [
        ['quoted', "it isn't so"],
        ['path', 'a/b.txt'],
      ],
    ],
    [
      'list services/, ./common and . please',
      [
        ['path', 'services/'],
        ['path', './common'],
        ['path', '.'],
      ],
    ],
    [
      'find **/*.ts; see http://x.y/z?q=1, mail a@b.co',
      [
        ['glob', '**/*.ts'],
        ['url', 'http://x.y/z?q=1'],
        ['email', 'a@b.co'],
      ],
    ],
    [
      'create {"a":{"b":[1]}} on 2024-01-02',
      [
        ['json', { a: { b: [1] } }],
        ['date', '2024-01-02'],
      ],
    ],
    [
      "README.md's text and LICENSE",
      [
        ['path', 'README.md'],
        ['path', 'LICENSE'],
      ],
    ],
    ['echo “a; b. and then read c”', [['quoted', 'a; b. and then read c']]],
    ['query items[0].name', []],
    ['and/or, e.g. this, i.e. that; yes/no', []],
    ["the user's file", []],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('any text → literals in order, apart, and the mask as long as the text', () => {
    const word = fc.constantFrom(
      'read',
      '"a b"',
      'a.md',
      '3',
      '[1]',
      '{',
      "it's",
      'x/y',
      ',',
      '. ',
      '*.ts',
      '„x“',
    );
    fc.assert(
      fc.property(
        fc.array(word).map((words) => words.join(' ')),
        (text) => {
          const literals = findLiterals(text);
          for (const [at, { start, end }] of literals.entries()) {
            expect(start).toBeGreaterThanOrEqual(literals[at - 1]?.end ?? 0);
            expect(end).toBeGreaterThan(start);
          }
          expect(maskLiterals(text, literals)).toHaveLength(text.length);
        },
      ),
    );
  });

  // What took the square of the length would not end within the time limit of a test.
  it.each([
    ['opening brackets', '{'.repeat(25_000) + '}'.repeat(25_000), 0],
    ['brackets with texts', '[{"a": '.repeat(7_000), 7_000],
    ['open quotes', " 'a".repeat(16_000), 0],
    ['dots and slashes', 'a/b.c/d.'.repeat(6_000), 1],
  ])('50,000 characters of %s → what is whole among them is found', (_, text, count) => {
    expect(findLiterals(text)).toHaveLength(count);
  });
});
