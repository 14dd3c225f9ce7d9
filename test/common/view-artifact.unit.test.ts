// Proves what a reader of an artifact gets: the text or structured part of a tool's answer, a value at
// a path, the places of a word, a piece of any length, and a reason where there is nothing.
import { describe, expect, it } from 'vitest';
import { viewArtifact } from '../../common/view-artifact.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const whole = (text: string) => text.length;
const structured = { items: [{ name: 'a' }, { name: 'b', 'x.y': [1, 2] }] };
const answer = bytes({ content: [{ kind: 'text', text: 'hello "b"' }], structured });

describe('viewArtifact', () => {
  it.each([
    ['an answer with text', answer, 'hello "b"'],
    ['one with a structured part only', bytes({ content: [], structured: { a: 1 } }), '{"a":1}'],
    [
      'one that says the same twice',
      bytes({ content: [{ kind: 'text', text: '{ "a": 1 }' }], structured: { a: 1 } }),
      '{"a":1}',
    ],
    ['other JSON', bytes({ other: 1 }), '{"other":1}'],
    ['plain text', new TextEncoder().encode('plain'), 'plain'],
    ['what begins like JSON', new TextEncoder().encode('{broken'), '{broken'],
  ])('%s → its text', (_, body, text) => {
    expect(viewArtifact(body, {}, whole)).toMatchObject({ kind: 'piece', text, nextOffset: null });
  });

  it.each([
    ['items[1].name', 'b'],
    ['items[1]["x.y"]', '[1,2]'],
    ['$text', 'hello "b"'],
  ])('path %s → its value', (path, text) => {
    expect(viewArtifact(answer, { path }, whole)).toMatchObject({ kind: 'piece', text });
  });

  it('a path that leads nowhere → what is there instead', () => {
    const view = viewArtifact(answer, { path: 'items[7].name' }, whole);
    expect(view).toMatchObject({
      kind: 'problem',
      problem: expect.stringMatching(/nothing at "items\[7\].name": "items" has 0 to 1/),
    });
  });

  it('binary bytes → how many there are, no text', () => {
    for (const body of [Uint8Array.of(0xff, 0xd8, 0xff), Uint8Array.of(65, 0, 66)]) {
      expect(viewArtifact(body, {}, whole)).toEqual({
        kind: 'problem',
        problem: 'It has 3 bytes that are no text.',
      });
    }
  });

  it('offset, limit and room → the shorter of both, and where to read on', () => {
    const body = new TextEncoder().encode('0123456789');
    const at = (offset: number, limit: number) => viewArtifact(body, { offset, limit }, () => 4);
    expect(at(2, 3)).toMatchObject({ text: '234', nextOffset: 5, totalChars: 10 });
    expect(at(2, 9)).toMatchObject({ text: '2345', nextOffset: 6 });
    expect(at(8, 9)).toMatchObject({ text: '89', nextOffset: null });
    expect(at(10, 1)).toMatchObject({ kind: 'problem', problem: expect.stringContaining('10') });
  });

  it('a word in any case → its places; one that is not there → none', () => {
    const body = new TextEncoder().encode(`${'-'.repeat(500)}Total (EUR): 12`);
    expect(viewArtifact(body, { find: 'total (eur)' }, whole)).toMatchObject({
      kind: 'matches',
      matches: [{ offset: 500, text: expect.stringContaining('Total (EUR): 12') }],
    });
    expect(viewArtifact(body, { find: 'x' }, whole)).toMatchObject({ matches: [] });
  });
});
