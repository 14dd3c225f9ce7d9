import type { LlmMessage } from '../../common/llm.ts';
import type { ContextBudget } from './context-budget.ts';
import { countTokens } from './count-tokens.ts';
import { cutToTokens } from './cut-to-tokens.ts';
import { dataBlock } from './data-block.ts';
import { messagesTokens } from './message-tokens.ts';
import type { MessageUnit } from './message-units.ts';
import { messageUnits } from './message-units.ts';
import { plainText } from './plain-text.ts';
import { summaryText } from './summary-text.ts';
import type { CompactMessage } from './visible-messages.ts';
import { isCompaction, visibleMessages } from './visible-messages.ts';

export interface CompactOptions {
  /** Above the tokens of its history the conversation is compacted. */
  readonly budget: ContextBudget;
  /** What the run is for, in the user's words; it stays as it is. `null`: nothing yet. */
  readonly goal: string | null;
  /**
   * Puts what is left out into at most `maxTokens` tokens; longer answers are cut. `messages` begin
   * with the summary that was made before, where there is one.
   */
  readonly summarise: (messages: readonly LlmMessage[], maxTokens: number) => Promise<string>;
  /**
   * Of the tools that the messages left out list, those worth keeping: a text of at most `maxTokens`
   * tokens, empty where there are none.
   */
  readonly relist: (kept: readonly LlmMessage[], maxTokens: number) => Promise<string>;
}

export interface Compacted {
  /** To be appended to the conversation; `null`: nothing had to be compacted. */
  readonly summary: CompactMessage | null;
  /** What is sent from now on. */
  readonly visible: readonly LlmMessage[];
  /** What is no longer sent; a summary made before is its first message. */
  readonly left: readonly LlmMessage[];
  readonly savedTokens: number;
}

/** Of the history's budget: the newest messages that stay as they are, the summary, the tools. */
const TAIL_SHARE = 0.3;
const SUMMARY_SHARE = 0.2;
const TOOLS_SHARE = 0.15;
const MAX_SUMMARY_TOKENS = 2_000;
const MIN_SUMMARY_TOKENS = 160;
const HEAD = 'Earlier messages of this conversation were left out. This is what they said:';
/** The head and the lines with marks around a summary. */
const BLOCK_TOKENS = 80;
/** Tried in this order where the newest messages alone are too long. */
const RESULT_CUTS = [null, 2_000, 500, 100] as const;

/**
 * Compacts a stored conversation whose visible part exceeds its budget: a summary stands for the
 * older messages, calls and results stay together, and the goal stays as it was written. Where the
 * newest messages do not fit even so, results among them are cut. A third or more of the budget is
 * free afterwards wherever possible, so that providers' prompt caches serve for long.
 */
export async function compact(
  stored: readonly LlmMessage[],
  { budget, goal, summarise, relist }: CompactOptions,
): Promise<Compacted> {
  const before = visibleMessages(stored);
  const tokens = messagesTokens(before);
  const { history } = budget.sections;
  if (tokens <= history) return { summary: null, visible: before, left: [], savedTokens: 0 };
  const upTo = findCut(stored, history);
  const left = leftOut(stored, upTo);
  const kept = stored.slice(upTo).filter((message) => !isCompaction(message));
  const maxTokens = summaryTokens(history);
  const text = await summaryOf(left, maxTokens, summarise);
  const tools = await relist(kept, Math.floor(history * TOOLS_SHARE));
  for (const cutResults of RESULT_CUTS) {
    const compacts = { upTo, cutResults, promptTokens: budget.promptTokens };
    const withoutText = { from: 'user', text: goal ?? '', compacts } as const;
    const free = history - tokensWith(stored, withoutText);
    const summary = { ...withoutText, text: written({ goal, text, tools }, free, maxTokens) };
    const visible = visibleMessages([...stored, summary]);
    const after = messagesTokens(visible);
    // The last one stands as it is: the model may still hold it.
    if (after <= history || cutResults === RESULT_CUTS.at(-1)) {
      return { summary, visible, left, savedTokens: Math.max(0, tokens - after) };
    }
  }
  throw new Error('One of the cuts is the last one.');
}

/** A summary that alone is left out is not summarised again. */
async function summaryOf(
  left: readonly LlmMessage[],
  maxTokens: number,
  summarise: CompactOptions['summarise'],
): Promise<string> {
  const [first] = left;
  if (first === undefined) return '';
  if (left.length === 1 && isCompaction(first)) return summaryText(first);
  return summarise(left, maxTokens);
}

/** Goal, summary, and the tools that are listed again where there is room for them. */
function written(
  { goal, text, tools }: { goal: string | null; text: string; tools: string },
  free: number,
  maxTokens: number,
): string {
  const room = Math.max(0, Math.min(free - BLOCK_TOKENS, maxTokens));
  const cut = cutToTokens(plainText(text), room).text;
  const summary = text === '' ? [] : [`${HEAD}\n${dataBlock('summary', cut)}`];
  const fits = tools !== '' && countTokens([...summary, tools].join('\n\n')) <= free;
  return [goal ?? '', ...summary, ...(fits ? [tools] : [])].filter(Boolean).join('\n\n');
}

/** Before the newest units that take a third of the budget; never in one, never before none. */
function findCut(stored: readonly LlmMessage[], budget: number): number {
  const earliest = stored.findLast(isCompaction)?.compacts.upTo ?? 0;
  const units = messageUnits(stored);
  let upTo = units.at(-1)?.start ?? 0;
  let taken = 0;
  for (const unit of units.toReversed()) {
    taken += unitTokens(stored, unit);
    const isLast = unit.end === stored.length;
    if (unit.start < earliest || (!isLast && taken > budget * TAIL_SHARE)) break;
    upTo = unit.start;
  }
  return Math.max(upTo, earliest);
}

function unitTokens(stored: readonly LlmMessage[], { start, end }: MessageUnit): number {
  return messagesTokens(stored.slice(start, end).filter((message) => !isCompaction(message)));
}

/** What is seen now and will not be: the summary before, and the messages up to the cut. */
function leftOut(stored: readonly LlmMessage[], upTo: number): readonly LlmMessage[] {
  const last = stored.findLast(isCompaction);
  const older = stored
    .slice(last?.compacts.upTo ?? 0, upTo)
    .filter((message) => !isCompaction(message));
  return last === undefined ? older : [last, ...older];
}

function summaryTokens(budget: number): number {
  const share = Math.floor(budget * SUMMARY_SHARE);
  return Math.max(MIN_SUMMARY_TOKENS, Math.min(MAX_SUMMARY_TOKENS, share));
}

function tokensWith(stored: readonly LlmMessage[], summary: CompactMessage): number {
  return messagesTokens(visibleMessages([...stored, summary]));
}
