import type { CompactMessage } from './visible-messages.ts';

const BLOCK = /--- summary: data ([0-9a-f]{8,16}) ---\n([^]*?)\n--- end of data \1 ---/;

/** What a compaction says of the messages that it stands for, without the goal before it. */
export function summaryText({ text }: Pick<CompactMessage, 'text'>): string {
  return BLOCK.exec(text)?.[2] ?? '';
}
