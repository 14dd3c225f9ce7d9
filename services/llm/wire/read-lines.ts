import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';

const MAX_LINE_CHARS = 16 * 1024 * 1024;

/**
 * Lines of a body as they become whole, however its bytes are split. They end in LF, CRLF or CR;
 * what stands after the last end is no line: the connection broke in the middle of it.
 *
 * @throws ServiceError (Llm.BadAnswer) for a line above 16 Mi characters.
 */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let afterCr = false;
  for await (const bytes of body) {
    let text = decoder.decode(bytes, { stream: true });
    if (afterCr && text.startsWith('\n')) text = text.slice(1);
    if (text === '') continue;
    afterCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield rest + line;
      rest = '';
    }
    rest += last;
    if (rest.length > MAX_LINE_CHARS) {
      throw new ServiceError(
        FAILURE.llmBadAnswer,
        `The provider sent a line of more than ${MAX_LINE_CHARS} characters.`,
      );
    }
  }
}
