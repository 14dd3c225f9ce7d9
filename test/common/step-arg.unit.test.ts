// Proves how written arguments become references, and that what is no reference stays text.
import { describe, expect, it } from 'vitest';
import { parseStepArg, referencesIn } from '../../common/step-arg.ts';

describe('parseStepArg', () => {
  it('plain JSON → a literal, unchanged', () => {
    const value = { a: [1, 'two', null], b: true };
    expect(parseStepArg(value)).toEqual({ kind: 'literal', value });
  });

  it.each([
    ['${read}', { step: 'read', path: '' }],
    ['${read.content}', { step: 'read', path: 'content' }],
    ['${ list.items[0].name }', { step: 'list', path: 'items[0].name' }],
    ['${read.$text}', { step: 'read', path: '$text' }],
    ['${a-1[2]}', { step: 'a-1', path: '[2]' }],
  ])('a string that is one reference: %s → output, keeping the type', (text, expected) => {
    expect(parseStepArg(text)).toEqual({ kind: 'output', ...expected });
  });

  it('a reference with text around it → a template', () => {
    expect(parseStepArg('Hi ${who.name}, bye ${who}!')).toEqual({
      kind: 'template',
      parts: [
        'Hi ',
        { kind: 'output', step: 'who', path: 'name' },
        ', bye ',
        { kind: 'output', step: 'who', path: '' },
        '!',
      ],
    });
  });

  it.each(['${1bad}', '${}', 'cost: $5', '${a b}', '{a}'])(
    'text that only looks like one: %s → a literal',
    (text) => {
      expect(parseStepArg(text)).toEqual({ kind: 'literal', value: text });
    },
  );

  it('an escaped reference → the text with one dollar', () => {
    expect(parseStepArg('$${HOME}/x')).toEqual({ kind: 'literal', value: '${HOME}/x' });
    expect(parseStepArg(['$${a}'])).toEqual({ kind: 'literal', value: ['${a}'] });
  });

  it('references deep inside → found in reading order', () => {
    const arg = parseStepArg({ list: ['${a}', { deep: 'x ${b.c}' }], plain: 1 });
    expect(referencesIn(arg).map(({ step, path }) => `${step}.${path}`)).toEqual(['a.', 'b.c']);
  });
});
