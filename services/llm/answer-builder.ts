import type { LlmDelta } from '../../common/llm-stream.ts';
import type { LlmOpaque, LlmPart, LlmResponse, LlmUsage } from '../../common/llm.ts';
import { BadToolArgs, countingBadArgs } from './bad-tool-args.ts';
import { finishAnswer } from './finish-answer.ts';
import type { DialectEvent } from './llm-dialect.ts';
import { newCallId } from './new-call-id.ts';
import { parseToolArgs } from './parse-tool-args.ts';

interface Words {
  readonly kind: 'text' | 'reasoning';
  text: string;
  opaque: LlmOpaque | null;
}
interface Call {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly name: string;
  json: string;
  opaque: LlmOpaque | null;
  done: Extract<LlmPart, { kind: 'tool-call' }> | null;
}

/**
 * Builds a whole answer out of the pieces of a stream; every method gives the deltas that the piece
 * amounts to. A call's `key` is whatever tells its pieces from those of other calls.
 */
export function createAnswerBuilder() {
  const drafts: (Words | Call)[] = [];
  const calls = new Map<string, Call>();

  function words(kind: Words['kind'], text: string): LlmDelta[] {
    if (text === '') return [];
    wordsAtEnd(kind).text += text;
    return [{ kind, text }];
  }
  function wordsAtEnd(kind: Words['kind']): Words {
    const last = drafts.at(-1);
    // Sealed words are whole: what follows is another part.
    if (last?.kind === kind && last.opaque === null) return last as Words;
    const next: Words = { kind, text: '', opaque: null };
    drafts.push(next);
    return next;
  }
  function endCall(key: string): LlmDelta[] {
    const call = calls.get(key);
    if (call === undefined || call.done !== null) return [];
    const { callId, name, opaque } = call;
    const args = parseToolArgs(name, call.json);
    const marks = opaque === null ? {} : { opaque };
    call.done = { kind: 'tool-call', callId, name, args, ...marks };
    return [{ kind: 'tool-call-end', callId, name, args }];
  }

  return {
    text: (text: string) => words('text', text),
    reasoning: (text: string) => words('reasoning', text),
    /** What the provider wants back with the reasoning that came last, or in place of it. */
    sealReasoning(opaque: LlmOpaque | null): void {
      if (opaque !== null) wordsAtEnd('reasoning').opaque = opaque;
    },
    has: (key: string): boolean => calls.has(key),
    startCall(
      key: string,
      call: { readonly id?: string | null | undefined; readonly name: string },
      opaque: LlmOpaque | null = null,
    ): LlmDelta[] {
      const { name } = call;
      const callId = call.id || newCallId();
      const draft: Call = { kind: 'tool-call', callId, name, json: '', opaque, done: null };
      drafts.push(draft);
      calls.set(key, draft);
      return [{ kind: 'tool-call-start', callId, name }];
    },
    callArgs(key: string, text: string): LlmDelta[] {
      const call = calls.get(key);
      if (call === undefined || text === '') return [];
      call.json += text;
      return [{ kind: 'tool-call-args', callId: call.callId, text }];
    },
    /** Of arguments that are not a JSON object `finish` says so: then it is known what all of it used. */
    endCall: (key: string) => unlessBroken(() => endCall(key)),
    /**
     * Ends open calls too.
     *
     * @throws BadToolArgs where a call's arguments are not a JSON object; ServiceError
     *   (Llm.BadAnswer) where there is nothing in it.
     */
    finish(end: {
      readonly unified: LlmResponse['finish']['unified'];
      readonly raw: string;
      readonly usage: Omit<LlmUsage, 'costUsd'>;
    }): DialectEvent[] {
      const ends = [...calls.keys()].flatMap((key) => {
        try {
          return countingBadArgs(end.usage, () => endCall(key));
        } catch (error) {
          // The token limit cut the call: what came before it stands.
          if (end.unified === 'length') return [];
          throw error;
        }
      });
      const answer = finishAnswer({ parts: drafts.flatMap(toPart), ...end });
      return [...ends, { kind: 'usage', usage: answer.usage }, { kind: 'finish', answer }];
    },
  };
}

function unlessBroken(end: () => LlmDelta[]): LlmDelta[] {
  try {
    return end();
  } catch (error) {
    if (error instanceof BadToolArgs) return [];
    throw error;
  }
}

export type AnswerBuilder = ReturnType<typeof createAnswerBuilder>;

function toPart(draft: Words | Call): LlmPart[] {
  if (draft.kind === 'tool-call') return draft.done === null ? [] : [draft.done];
  const { kind, text, opaque } = draft;
  if (kind === 'text') return text === '' ? [] : [{ kind, text }];
  if (text === '' && opaque === null) return [];
  return [{ kind, text, ...(opaque === null ? {} : { opaque }) }];
}
