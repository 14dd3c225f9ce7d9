import type { LlmMessage } from '../../common/llm.ts';

/**
 * Every provider refuses a transcript in which a tool call has no result. A cancelled or crashed run
 * leaves such calls, so each gets a result that says so, placed where the provider expects it.
 */
export function completeToolResults(messages: readonly LlmMessage[]): readonly LlmMessage[] {
  const completed: LlmMessage[] = [];
  let open = new Map<string, string>();
  const close = () => {
    for (const [callId, name] of open) {
      const text = 'No result: the call was interrupted.';
      completed.push({ from: 'tool', callId, name, text, isError: true });
    }
    open = new Map();
  };
  for (const message of messages) {
    if (message.from === 'tool') {
      open.delete(message.callId);
    } else {
      close();
    }
    completed.push(message);
    if (message.from !== 'model') continue;
    for (const part of message.parts) {
      if (part.kind === 'tool-call') open.set(part.callId, part.name);
    }
  }
  close();
  return completed;
}
