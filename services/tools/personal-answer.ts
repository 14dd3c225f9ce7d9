import type { ToolResult } from '../../common/tool.ts';
import type { ReadyCall } from './call-server.ts';
import { ToolAsked } from './tool-asked.ts';

/**
 * What a read brought with the help of a person, or its questions to one: for that call alone. It
 * goes through the caches as an error, so that nothing is kept and nobody shares it.
 */
export class PersonalAnswer extends Error {
  readonly owner: ReadyCall;
  readonly #outcome: ToolResult | ToolAsked;

  constructor(owner: ReadyCall, outcome: ToolResult | ToolAsked) {
    super(`The answer of "${owner.tool.id}" is for one call alone.`);
    this.owner = owner;
    this.#outcome = outcome;
  }

  /** @throws ToolAsked */
  forOwner(): ToolResult {
    if (this.#outcome instanceof ToolAsked) throw this.#outcome;
    return this.#outcome;
  }
}

/** @throws PersonalAnswer where the call asked a person, in the middle or instead of an answer. */
export async function sharable(
  call: ReadyCall,
  answer: () => Promise<ToolResult>,
): Promise<ToolResult> {
  let result: ToolResult;
  try {
    result = await answer();
  } catch (error) {
    throw error instanceof ToolAsked ? new PersonalAnswer(call, error) : error;
  }
  if (call.hasAsked()) throw new PersonalAnswer(call, result);
  return result;
}
