import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';

const MAX_LINE_CHARS = 16 * 1024 * 1024;

/** A body, or one that is under way: a reader more for waiting would cost each event its time. */
export type Bytes = AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;

/** Lines of a body as they become whole: see `createLineSplitter`. */
export async function* readLines(body: Bytes): AsyncGenerator<string> {
  const split = createLineSplitter();
  for await (const bytes of await body) {
    for (const line of split(bytes)) yield line;
  }
}

/**
 * Gives the lines that a piece of a body makes whole, however its bytes are split. They end in LF,
 * CRLF or CR; what stands after the last end is no line: the connection broke in the middle of it.
 *
 * @throws ServiceError (Llm.BadAnswer) for a line above 16 Mi characters.
 */
export function createLineSplitter(): (bytes: Uint8Array) => readonly string[] {
  const decoder = new TextDecoder();
  let rest = '';
  let afterCr = false;
  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true });
    if (afterCr && text.startsWith('\n')) text = text.slice(1);
    if (text === '') return [];
    afterCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARS) {
      throw new ServiceError(
        FAILURE.llmBadAnswer,
        `The provider sent a line of more than ${MAX_LINE_CHARS} characters.`,
      );
    }
    return lines;
  };
}
