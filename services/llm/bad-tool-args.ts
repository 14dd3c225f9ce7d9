import { FAILURE } from '../../common/failures.ts';
import type { LlmRequest, LlmUsage } from '../../common/llm.ts';
import { ServiceError } from '../errors.ts';

const MAX_SHOWN_CHARS = 2000;

/** The model called a tool with something that is no JSON object: it is asked once to mend it. */
export class BadToolArgs extends ServiceError {
  readonly written: string;
  /** What the answer with the broken call used; `null`: it is not known. */
  readonly usage: LlmUsage | null;
  readonly #what: string;

  /**
   * @param what in words, without a full stop.
   * @param written as the model wrote it.
   */
  constructor(what: string, written: string, usage: LlmUsage | null = null) {
    const shown = written.slice(0, MAX_SHOWN_CHARS);
    super(FAILURE.llmBadAnswer, `${what}. It wrote: ${shown}`);
    this.written = shown;
    this.usage = usage;
    this.#what = what;
  }

  counted(usage: LlmUsage): BadToolArgs {
    return new BadToolArgs(this.#what, this.written, usage);
  }
}

/** What the answer behind a failure used; `null`: there was none, or it is not known. */
export function usedBy(failure: ServiceError): LlmUsage | null {
  return failure instanceof BadToolArgs ? failure.usage : null;
}

/** Reads an answer: where a call in it is broken, what the answer used goes with the error. */
export function countingBadArgs<T>(usage: Omit<LlmUsage, 'costUsd'>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof BadToolArgs ? error.counted({ ...usage, costUsd: null }) : error;
  }
}

/**
 * The request once more, with what the model wrote and what was wrong with it. The broken call itself
 * has no place in a transcript, which holds arguments as objects: it is quoted.
 */
export function withRepair(request: LlmRequest, { message, written }: BadToolArgs): LlmRequest {
  const text = `${message}\n\nMake the call again, with arguments that are one JSON object.`;
  return {
    ...request,
    messages: [
      ...request.messages,
      { from: 'model', parts: [{ kind: 'text', text: written.trim() === '' ? '…' : written }] },
      { from: 'user', text },
    ],
  };
}
