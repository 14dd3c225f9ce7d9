import { isDeepStrictEqual } from 'node:util';
import type { LlmMessage } from '../../../common/llm.ts';
import type { ContextBudget } from '../../context/context-budget.ts';
import { contextBudget } from '../../context/context-budget.ts';
import { isCompaction } from '../../context/visible-messages.ts';
import type { Begin } from './ask-within-budget.ts';
import { shorterBudget } from './ask-within-budget.ts';
import type { BegunTurn } from './begin-turn.ts';

/**
 * Begins a turn as the attempt before did that wrote it down and was then lost: with its summary and
 * within its budget. With the same replies the turn comes out the same, so that appending it again
 * changes nothing.
 *
 * @returns what was begun now; where it is not what was written down, someone else went on from here
 */
export async function resumeTurn(
  begin: Begin,
  usual: ContextBudget,
  appended: readonly LlmMessage[],
): Promise<BegunTurn> {
  const [summary] = appended;
  if (isCompaction(summary)) {
    const { promptTokens } = summary.compacts;
    return begin(contextBudget(promptTokens, usual.sections.instructions), summary);
  }
  const begun = await begin(usual, null);
  if (isBegunLike(begun, appended)) return begun;
  const shorter = await begin(shorterBudget(begun), null);
  return isBegunLike(shorter, appended) ? shorter : begun;
}

/** Whether the messages begin as the turn does. */
export function isBegunLike(begun: BegunTurn, appended: readonly LlmMessage[]): boolean {
  return isDeepStrictEqual(appended.slice(0, begun.appended.length), begun.appended);
}
