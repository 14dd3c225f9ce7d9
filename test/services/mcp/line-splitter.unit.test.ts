// Proves that a byte stream is cut into lines whatever its chunks, and that a line over the limit is
// dropped in bounded memory with enough of its ends to tell whose answer it was. By plain buffers.
import { describe, expect, it } from 'vitest';
import type { OversizedLine } from '../../../services/mcp/line-splitter.ts';
import { LineSplitter } from '../../../services/mcp/line-splitter.ts';
import {
  idFromEnds,
  oversizedAnswer,
  oversizedBytes,
} from '../../../services/mcp/oversized-answer.ts';

function collect(maxBytes: number) {
  const lines: string[] = [];
  const oversized: OversizedLine[] = [];
  const splitter = new LineSplitter(maxBytes, {
    onLine: (line) => lines.push(line),
    onOversized: (line) => oversized.push(line),
  });
  return { lines, oversized, splitter };
}

describe('lines', () => {
  it.each([1, 2, 3, 7, 1000])('chunks of %i bytes → the same lines', (size) => {
    const bytes = Buffer.from('{"a":"ü€😀"}\r\n\nlast\nunfinished');
    const { lines, splitter } = collect(100);
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    expect(lines).toEqual(['{"a":"ü€😀"}', '', 'last']);
    expect(splitter.pendingBytes).toBe('unfinished'.length);
  });

  it('exactly the limit → kept; one byte more → dropped with its size', () => {
    const { lines, oversized, splitter } = collect(10);
    splitter.push(Buffer.from(`${'a'.repeat(10)}\n${'b'.repeat(11)}\nafter\n`));
    expect(lines).toEqual(['a'.repeat(10), 'after']);
    expect(oversized).toEqual([{ bytes: 11, head: 'b'.repeat(11), tail: 'b'.repeat(11) }]);
  });

  it('512 MiB in one line → dropped, and memory does not grow with it', () => {
    const { oversized, splitter } = collect(64 * 1024);
    const chunk = Buffer.alloc(64 * 1024, 'y');
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 8 * 1024; index += 1) splitter.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    splitter.push(Buffer.from('tail"}\n'));
    expect(oversized[0]?.bytes).toBe(512 * 1024 * 1024 + 6);
    expect(oversized[0]?.tail.endsWith('yyytail"}')).toBe(true);
  });
});

describe('whose answer it was', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":5,"result":{', '}}', 5],
    ['{ "id" : "a-1" , "jsonrpc":"2.0"', '}}', 'a-1'],
    ['{"result":{"content":[{"id":9,', '"}]},"jsonrpc":"2.0","id":7}', 7],
    ['{"result":{"content":[', '"}]},"id":8,"jsonrpc":"2.0"}', 8],
    ['{"result":{"id":5,', '"}]}}', null],
    ['garbage', 'garbage', null],
  ])('%s … %s → %s', (head, tail, id) => {
    expect(idFromEnds(head, tail)).toBe(id);
  });

  it('stands in for the answer → recognised by its code only', () => {
    expect(oversizedBytes(oversizedAnswer(3, 99))).toBe(99);
    expect(oversizedBytes({ jsonrpc: '2.0', id: 3, result: {} })).toBeNull();
    expect(
      oversizedBytes({
        jsonrpc: '2.0',
        id: 3,
        error: { code: -32000, message: '', data: { bytes: 1 } },
      }),
    ).toBeNull();
  });
});
