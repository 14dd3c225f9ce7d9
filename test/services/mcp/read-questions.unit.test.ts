// Proves what a server may ask: people, in forms and links that can be shown, and not without end.
import { describe, expect, it } from 'vitest';
import { readQuestions } from '../../../services/mcp/read-questions.ts';

const elicit = (params: object) => ({ q: { method: 'elicitation/create', params } });
const form = (properties: object, message = 'Well?') =>
  elicit({ message, requestedSchema: { type: 'object', properties } });
const text = { type: 'string' };

describe('readQuestions', () => {
  it('a form with every kind of value, or a link → as it came', () => {
    const properties = {
      ...{ a: text, b: { type: 'number' }, c: { type: 'integer' }, d: { type: 'boolean' } },
      e: { type: 'string', enum: ['x'], enumNames: ['X'] },
      f: { type: 'string', oneOf: [{ const: 'x', title: 'X' }] },
      g: { type: 'array', items: { type: 'string', enum: ['x'] } },
      h: { type: 'array', items: { anyOf: [{ const: 'x', title: 'X' }] } },
    };
    expect(readQuestions(form(properties))).toEqual([
      { name: 'q', mode: 'form', message: 'Well?', schema: { type: 'object', properties } },
    ]);
    const link = { mode: 'url', message: 'Go.', url: 'https://a.example/', elicitationId: '1' };
    expect(readQuestions(elicit(link))).toEqual([
      { name: 'q', mode: 'url', message: 'Go.', url: 'https://a.example/' },
    ]);
  });

  it.each<readonly [string, Record<string, unknown>, string]>([
    ['a model', { q: { method: 'sampling/createMessage', params: {} } }, 'only people are asked'],
    ['nothing readable', { q: 'yes?' }, 'something unreadable'],
    ['a nested form', form({ a: { type: 'object' } }), 'its question "q" is none'],
    ['a list of anything', form({ a: { type: 'array', items: text } }), 'is none'],
    ['no form', elicit({ message: 'Well?' }), 'its question "q" is none'],
    ['a script', elicit({ mode: 'url', message: '', url: 'javascript:alert(1)' }), 'is none'],
    ['a file', elicit({ mode: 'url', message: '', url: 'file:///etc/passwd' }), 'is none'],
    ['at length', form({}, 'x'.repeat(4_001)), 'has 4001 characters; 4000 are shown'],
    ['a long form', form({ a: { ...text, title: 'x'.repeat(17_000) } }), '16384 are shown'],
    [
      'too much at once',
      Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`${at}`, form({}).q])),
      'it asks 11 questions at once; 10 are shown',
    ],
    ['under a long name', { ['x'.repeat(201)]: form({}).q }, 'too long'],
  ])('it asks %s → refused', (_, requests, why) => {
    expect(() => readQuestions(requests)).toThrow(why);
  });
});
