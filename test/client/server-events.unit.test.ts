// Proves that event streams are read as the standard writes them, wherever the bytes are cut.
import { describe, expect, it } from 'vitest';
import { readServerEvents } from '../../client/server-events.ts';

async function read(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  }
  const events = [];
  for await (const event of readServerEvents(pieces())) events.push(event);
  return events;
}

const STREAM =
  'retry: 2000\n\n: still here\n\nid: 1\nevent: live\ndata: {"text":"ä: b"}\n\nevent:lost\r\ndata: x\r\ndata: y\r\n\r\nid: 2\n\ndata: cut';

describe('an event stream', () => {
  it.each([1, 2, 7, 1_000])(
    'in pieces of %i bytes → the same events; comments and what was cut off are none',
    async (size) => {
      expect(await read(STREAM, size)).toEqual([
        { event: 'live', id: '1', data: '{"text":"ä: b"}' },
        { event: 'lost', id: '1', data: 'x\ny' },
      ]);
    },
  );
});
