import { parseExactJson } from '../../common/parse-exact-json.ts';
import type { NewItem } from './batch-store.ts';

/** Longest line of a batch file, bytes. */
export const MAX_LINE_BYTES = 256 * 1024;
/** Most items of one batch. */
export const MAX_ITEMS = 100_000;
/** What is kept of a line that is no item, characters. */
const KEPT_CHARS = 1_000;

/**
 * Reads JSONL as it comes, in bounded memory: each line that is not blank is an item. A line that is
 * no JSON is an item with a problem, and the rest is read on.
 *
 * @yields items in pages, so that each page is one write.
 */
export async function* readItems(
  source: AsyncIterable<Uint8Array>,
  pageSize = 1_000,
): AsyncGenerator<readonly NewItem[]> {
  let page: NewItem[] = [];
  let index = 0;
  for await (const line of linesOf(source)) {
    if (line.text !== null && line.text.trim() === '') continue;
    page.push(toItem(index, line));
    index += 1;
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

interface Line {
  readonly number: number;
  /** `null`: longer than a line may be. */
  readonly text: string | null;
  readonly bytes: number;
}

function toItem(index: number, { number: line, text, bytes }: Line): NewItem {
  if (text === null) {
    const problem = `Line ${line} has ${bytes} bytes; at most ${MAX_LINE_BYTES} are read.`;
    return { index, line, item: '', problem };
  }
  try {
    parseExactJson(text);
    return { index, line, item: text.trim(), problem: null };
  } catch (error) {
    const problem = problemOf(line, error as Error);
    return { index, line, item: text.slice(0, KEPT_CHARS), problem };
  }
}

function problemOf(line: number, error: Error): string {
  const what = error instanceof RangeError ? 'cannot be used' : 'is not JSON';
  return `Line ${line} ${what}: ${error.message}`;
}

const NEWLINE = 0x0a;

async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const add = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) parts.push(Buffer.from(part));
    else parts = [];
  };
  const end = (): Line => {
    number += 1;
    const text = bytes > MAX_LINE_BYTES ? null : Buffer.concat(parts).toString('utf8');
    const line = {
      number,
      bytes,
      text: number === 1 ? (text?.replace(/^\uFEFF/, '') ?? null) : text,
    };
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, at));
      yield end();
      start = at + 1;
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield end();
}
