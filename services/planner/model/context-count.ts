import type { ContextSaved, ContextSent, ContextUse } from '../../../common/context-use.ts';
import { addContextUse, NO_CONTEXT_USE } from '../../../common/context-use.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import { messageTokens } from '../../context/message-tokens.ts';
import { isCompaction } from '../../context/visible-messages.ts';
import type { BegunTurn } from './begin-turn.ts';
import { FIND_TOOLS, READ_ARTIFACT } from './planner-tools.ts';

/** Counts what the calls of one turn send and spare. */
export interface ContextCount {
  /** A call, with what the turn has said before it. */
  sent(begun: BegunTurn, said: readonly LlmMessage[]): void;
  /** Definitions that a search of the turn showed in short. */
  schemasSaved(tokens: number): void;
  /** Of the turn that was begun like this. */
  total(begun: BegunTurn): ContextUse;
}

export function createContextCount(): ContextCount {
  let use = NO_CONTEXT_USE;
  const add = (change: { sent?: Partial<ContextSent>; saved?: Partial<ContextSaved> }) => {
    const sent = { ...NO_CONTEXT_USE.sent, ...change.sent };
    const saved = { ...NO_CONTEXT_USE.saved, ...change.saved };
    use = addContextUse(use, { sent, saved, compactions: 0 });
  };
  return {
    sent(begun, said) {
      add({ sent: begun.tokens });
      for (const message of said) add({ sent: { [sectionOf(message)]: messageTokens(message) } });
    },
    schemasSaved: (schemas) => add({ saved: { schemas } }),
    total: ({ saved, appended }) =>
      addContextUse(use, {
        ...NO_CONTEXT_USE,
        saved,
        compactions: isCompaction(appended[0]) ? 1 : 0,
      }),
  };
}

function sectionOf(message: LlmMessage): keyof ContextSent {
  if (message.from !== 'tool') return 'history';
  if (message.name === FIND_TOOLS) return 'tools';
  return message.name === READ_ARTIFACT ? 'results' : 'history';
}
