import type { LlmMessage } from '../../common/llm.ts';

const BLOCK = /--- ([a-z ]{1,40}): data ([0-9a-f]{8,16}) ---\n([^]*?)\n--- end of data \2 ---/g;

/** Texts between marks (see `dataBlock`) in the messages by others than the model: text → mark. */
export function blocksIn(messages: readonly LlmMessage[], what: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const message of messages) {
    if (message.from !== 'tool' && message.from !== 'user') continue;
    for (const [, named, mark = '', text = ''] of message.text.matchAll(BLOCK)) {
      if (named === what) found.set(text, mark);
    }
  }
  return found;
}
