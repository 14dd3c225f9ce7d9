import { FAILURE } from '../../common/failures.ts';
import type { LlmRequest } from '../../common/llm.ts';
import { ServiceError } from '../errors.ts';

const MAX_SHOWN_CHARS = 2000;

/** The model called a tool with something that is no JSON object: it is asked once to mend it. */
export class BadToolArgs extends ServiceError {
  readonly written: string;

  /**
   * @param what in words, without a full stop.
   * @param written as the model wrote it.
   */
  constructor(what: string, written: string) {
    const shown = written.slice(0, MAX_SHOWN_CHARS);
    super(FAILURE.llmBadAnswer, `${what}. It wrote: ${shown}`);
    this.written = shown;
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
