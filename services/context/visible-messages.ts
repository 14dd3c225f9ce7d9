import type { Compaction, LlmMessage } from '../../common/llm.ts';
import { cutToTokens } from './cut-to-tokens.ts';

export type CompactMessage = Extract<LlmMessage, { from: 'user' }> & {
  readonly compacts: Compaction;
};

/**
 * What of a stored conversation is sent: all of it, or after a compaction the summary and what the
 * summary does not stand for. A later compaction replaces an earlier one. The same stored messages
 * always give the same bytes, and more of them only add.
 */
export function visibleMessages(stored: readonly LlmMessage[]): readonly LlmMessage[] {
  const at = stored.findLastIndex(isCompaction);
  const summary = stored[at];
  if (summary === undefined || !isCompaction(summary)) return stored;
  const { upTo, cutResults } = summary.compacts;
  const before = stored
    .slice(upTo, at)
    .filter((message) => !isCompaction(message))
    .map((message) => cutResult(message, cutResults));
  return [{ from: 'user', text: summary.text }, ...before, ...stored.slice(at + 1)];
}

export function isCompaction(message: LlmMessage | undefined): message is CompactMessage {
  return message?.from === 'user' && message.compacts !== undefined;
}

function cutResult(message: LlmMessage, maxTokens: number | null): LlmMessage {
  if (maxTokens === null || message.from !== 'tool') return message;
  return { ...message, text: cutToTokens(message.text, maxTokens).text };
}
