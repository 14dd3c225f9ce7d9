// Proves that no number reaches a tool as another one than was written, and that all else is read as
// JSON.parse reads it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseExactJson } from '../../common/parse-exact-json.ts';

it.each([
  '9007199254740993',
  '-9007199254740993',
  '[{"a":12345678901234567890}]',
  '1e400',
  '-1E+999',
])('%s → refused, naming it', (text) => {
  expect(() => parseExactJson(text)).toThrow(/the number -?\d.* would become/);
});

it.each([
  '9007199254740992',
  '-9007199254740991',
  '"9007199254740993"',
  '0.12345678901234567890',
  '1e-400',
  '{"12345678901234567890":1}',
])('%s → as it is', (text) => {
  expect(parseExactJson(text)).toEqual(JSON.parse(text));
});

it('any JSON of doubles → the same value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      expect(parseExactJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

it('keys that reach for a prototype → own keys, with the check as without', () => {
  const read = parseExactJson('{"__proto__":{"a":1},"n":9007199254740992}') as object;
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(Object.keys(read)).toEqual(['__proto__', 'n']);
});
