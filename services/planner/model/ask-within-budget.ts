import { addUsage } from '../../../common/add-usage.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmMessage, LlmResponse, LlmUsage } from '../../../common/llm.ts';
import type { ContextBudget } from '../../context/context-budget.ts';
import { contextBudget } from '../../context/context-budget.ts';
import { messagesTokens } from '../../context/message-tokens.ts';
import type { CompactMessage } from '../../context/visible-messages.ts';
import { isServiceError } from '../../errors.ts';
import type { LiveWriter } from '../../streams/live-writer.ts';
import type { BegunTurn } from './begin-turn.ts';
import type { ContextCount } from './context-count.ts';

/** Begins the turn within a budget; see `beginTurn`. */
export type Begin = (budget: ContextBudget, recorded?: CompactMessage | null) => Promise<BegunTurn>;

export interface Asker {
  /** Asks the model, with what the turn has said so far. */
  ask(said: readonly LlmMessage[]): Promise<LlmResponse>;
  /** As the turn stands: begun anew where the prompt was too long. */
  begun(): BegunTurn;
}

export interface AskerDeps {
  readonly begin: Begin;
  readonly first: BegunTurn;
  /** Answers that an earlier attempt wrote down: they come before the model's. */
  readonly recorded: readonly LlmResponse[];
  /**
   * Asks the model with these messages after the system prompt.
   *
   * @param wrong so many of the turn's answers so far could not be used.
   */
  readonly send: (messages: readonly LlmMessage[], wrong: number) => Promise<LlmResponse>;
  /** Gets the words of recorded answers. @default nobody */
  readonly live?: Pick<LiveWriter, 'write'> | undefined;
  readonly count: ContextCount;
}

/** A prompt that was too long is tried once more at this part of its length. */
const SHORTER = 0.5;

/**
 * Asks the model within the turn's budget. Where the model holds less than was thought, the turn is
 * begun anew with half of what was sent, and asked once more.
 */
export function createAsker(deps: AskerDeps): Asker {
  const { begin, count, live } = deps;
  let begun = deps.first;
  let isShort = false;
  const answers = [...deps.recorded];
  const send = (said: readonly LlmMessage[]): Promise<LlmResponse> => {
    count.sent(begun, said);
    const answer = answers.shift();
    if (answer === undefined) {
      const wrong = said.filter((one) => one.from === 'tool' && one.isError).length;
      return deps.send([...begun.sent, ...said], wrong);
    }
    for (const part of answer.parts) if (part.kind === 'text') live?.write('text', part.text);
    return Promise.resolve(answer);
  };
  return {
    begun: () => begun,
    async ask(said) {
      try {
        return await send(said);
      } catch (error) {
        const isTooLong = isServiceError(error) && error.type === FAILURE.llmContextTooLong;
        if (!isTooLong || isShort) throw error;
        isShort = true;
        const shorter = await begin(shorterBudget(begun));
        if (messagesTokens(shorter.sent) >= messagesTokens(begun.sent)) throw error;
        begun = { ...shorter, usage: addUsage(begun.usage, shorter.usage) };
        return send(said);
      }
    },
  };
}

/** For a turn whose prompt was too long. The same turn gives the same budget. */
export function shorterBudget({ budget, tokens, sent }: BegunTurn): ContextBudget {
  const { instructions } = tokens;
  const whole = Math.min(budget.promptTokens, instructions + messagesTokens(sent));
  return contextBudget(Math.floor(whole * SHORTER), instructions);
}

/** What a recorded answer cost was counted by the attempt that was lost. */
const UNKNOWN_USAGE: LlmUsage = {
  inputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  costUsd: null,
};

/** The model's messages among those that an earlier attempt appended. */
export function recordedAnswers(
  appended: readonly LlmMessage[],
  servedBy: LlmResponse['servedBy'],
): readonly LlmResponse[] {
  const finish = { unified: 'other', raw: 'recorded by an earlier attempt' } as const;
  return appended.flatMap((message) =>
    message.from === 'model'
      ? [{ parts: message.parts, finish, usage: UNKNOWN_USAGE, servedBy }]
      : [],
  );
}
