import type { LlmMessage, LlmRequest } from '../../common/llm.ts';
import type { Capability } from './router/model-facts.ts';

/** Estimates are from above: code and other scripts than Latin have fewer characters a token. */
const CHARS_PER_TOKEN = 3;
/** The most that the large providers count for one. */
const TOKENS_PER_IMAGE = 2000;
/** Names of fields and roles around a message, a call or a tool, characters. */
const FRAME_CHARS = 60;

/** What a request needs of a model, read from the request itself. */
export function requestNeeds(request: LlmRequest): {
  readonly can: readonly Capability[];
  /** Tokens of the prompt, estimated from above. */
  readonly promptTokens: number;
} {
  let chars = 0;
  let images = 0;
  for (const message of request.messages) {
    chars += charsOf(message);
    if (message.from === 'user') images += message.images?.length ?? 0;
  }
  for (const { name, description, inputSchema } of request.tools) {
    chars += FRAME_CHARS + name.length + description.length + JSON.stringify(inputSchema).length;
  }
  return {
    can: [
      ...(request.tools.length > 0 ? (['tools'] as const) : []),
      ...(request.output === undefined ? [] : (['json-schema'] as const)),
      ...(images > 0 ? (['vision'] as const) : []),
    ],
    promptTokens: Math.ceil(chars / CHARS_PER_TOKEN) + images * TOKENS_PER_IMAGE,
  };
}

/** Counted, not written out: a conversation may be long, and this is on the way of every call. */
function charsOf(message: LlmMessage): number {
  if (message.from !== 'model') return FRAME_CHARS + message.text.length;
  return message.parts.reduce((sum, part) => {
    if (part.kind !== 'tool-call') return sum + FRAME_CHARS + part.text.length;
    return sum + FRAME_CHARS + part.name.length + JSON.stringify(part.args).length;
  }, 0);
}
