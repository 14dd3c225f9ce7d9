// Proves how a file of items is read: line by line whatever the chunks, with broken and oversized
// lines as items that failed, in bounded memory.
import { describe, expect, it } from 'vitest';
import type { NewItem } from '../../../services/batches/batch-store.ts';
import { MAX_LINE_BYTES, readItems } from '../../../services/batches/read-items.ts';

async function read(chunks: readonly (string | Buffer)[], pageSize?: number): Promise<NewItem[][]> {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const pages: NewItem[][] = [];
  for await (const page of readItems(source(), pageSize)) pages.push([...page]);
  return pages;
}

describe('readItems', () => {
  it('lines over chunk borders, CRLF, blank lines, no last newline → each an item with its line', async () => {
    const [items] = await read(['{"a":', '1}\r\n\n', '"x', 'y"\n', '[1]']);
    expect(items).toEqual([
      { index: 0, line: 1, item: '{"a":1}', problem: null },
      { index: 1, line: 3, item: '"xy"', problem: null },
      { index: 2, line: 4, item: '[1]', problem: null },
    ]);
  });

  it('a broken line → an item with a problem; the rest is read', async () => {
    const [items] = await read(['{"a":1}\n{oops\0\n{"a":2}\n']);
    expect(items?.map(({ problem }) => problem === null)).toEqual([true, false, true]);
    expect(items?.[1]).toMatchObject({ line: 2, item: '{oops\0' });
    expect(items?.[1]?.problem).toMatch(/^Line 2 is not JSON: /);
  });

  it('a number that would become another one → an item with a problem that names it', async () => {
    const [items] = await read(['{"id":9007199254740993}\n{"id":"9007199254740993"}\n']);
    expect(items?.[0]?.problem).toContain('the number 9007199254740993 would become');
    expect(items?.[1]?.problem).toBeNull();
  });

  it('a line longer than is read → its length is said, and the next line is whole', async () => {
    const long = Buffer.alloc(MAX_LINE_BYTES + 5, 'x');
    const [items] = await read([long, long, '\n{"a":1}\n']);
    expect(items?.[0]?.problem).toContain(`has ${2 * (MAX_LINE_BYTES + 5)} bytes`);
    expect(items?.[1]).toEqual({ index: 1, line: 2, item: '{"a":1}', problem: null });
  });

  it('a byte order mark and letters cut by a chunk → read as they were written', async () => {
    const text = Buffer.from('\uFEFF{"name":"Zoë"}\n');
    const at = text.indexOf(0xc3) + 1;
    const [items] = await read([text.subarray(0, at), text.subarray(at)]);
    expect(items?.[0]?.item).toBe('{"name":"Zoë"}');
  });

  it('more items than a page → pages of that size, numbered through', async () => {
    const pages = await read(['1\n2\n3\n4\n5\n'], 2);
    expect(pages.map((page) => page.map(({ index }) => index))).toEqual([[0, 1], [2, 3], [4]]);
  });
});
