import type { LlmRequest } from '../../common/llm.ts';
import type { Capability } from './router/model-facts.ts';

/** Estimates are from above: code and other scripts than Latin have fewer characters a token. */
const CHARS_PER_TOKEN = 3;

/** What a request needs of a model, read from the request itself. */
export function requestNeeds(request: LlmRequest): {
  readonly can: readonly Capability[];
  /** Tokens of the prompt, estimated from above. */
  readonly promptTokens: number;
} {
  const chars = JSON.stringify(request.messages).length + JSON.stringify(request.tools).length;
  return {
    can: request.tools.length > 0 ? ['tools'] : [],
    promptTokens: Math.ceil(chars / CHARS_PER_TOKEN),
  };
}
