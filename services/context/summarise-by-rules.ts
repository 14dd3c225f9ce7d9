import type { LlmMessage } from '../../common/llm.ts';
import { countTokens } from './count-tokens.ts';
import { cutToTokens } from './cut-to-tokens.ts';
import { summaryText } from './summary-text.ts';
import { withoutListings } from './tool-listing.ts';
import { isCompaction } from './visible-messages.ts';

/** Tokens of one entry, from generous to short: the first with which all entries fit is taken. */
const ENTRY_TOKENS = [4_000, 1_000, 400, 150, 60, 25];
const LEAST_TOKENS = ENTRY_TOKENS.at(-1) ?? 0;

/**
 * A summary without a model: who said what, one entry a message, each cut to the same length. Where
 * even short entries do not fit, the oldest are left out and counted. The summary made before counts
 * as one entry, which may take half.
 */
export function summariseByRules(messages: readonly LlmMessage[], maxTokens: number): string {
  const [first] = messages;
  const before = isCompaction(first) ? summaryText(first) : '';
  const entries = messages.map(entryOf).filter((entry) => entry !== '');
  const earlier = before === '' ? [] : [cutToTokens(before, Math.floor(maxTokens / 2)).text];
  const room = maxTokens - earlier.reduce((sum, text) => sum + countTokens(text) + 1, 0);
  return [...earlier, ...fitting(entries, room)].join('\n');
}

function fitting(entries: readonly string[], maxTokens: number): readonly string[] {
  for (const limit of ENTRY_TOKENS) {
    const cut = entries.map((entry) => cutToTokens(entry, limit).text);
    if (countTokens(cut.join('\n')) <= maxTokens) return cut;
  }
  const kept: string[] = [];
  let left = maxTokens - 20;
  for (const entry of entries.toReversed()) {
    const cut = cutToTokens(entry, Math.min(LEAST_TOKENS, left)).text;
    left -= countTokens(`${cut}\n`);
    if (left < 0) break;
    kept.unshift(cut);
  }
  return [`(${entries.length - kept.length} older entries are left out)`, ...kept];
}

function entryOf(message: LlmMessage): string {
  if (isCompaction(message)) return '';
  switch (message.from) {
    case 'system':
      return '';
    case 'user':
      return `User: ${withoutListings(message.text)}`;
    case 'tool': {
      const said = withoutListings(message.text);
      return said === ''
        ? ''
        : `${message.name} ${message.isError ? 'refused' : 'answered'}: ${said}`;
    }
    case 'model':
      return message.parts
        .filter(({ kind }) => kind !== 'reasoning')
        .map((part) =>
          part.kind !== 'tool-call'
            ? `Model: ${part.text}`
            : `Model called ${part.name}: ${JSON.stringify(part.args)}`,
        )
        .join('\n');
  }
}
