import type { LlmRequest } from '../../common/llm.ts';
import type { Capability } from './router/model-facts.ts';

/** Estimates are from above: code and other scripts than Latin have fewer characters a token. */
const CHARS_PER_TOKEN = 3;
/** The most that the large providers count for one. */
const TOKENS_PER_IMAGE = 2000;

/** What a request needs of a model, read from the request itself. */
export function requestNeeds(request: LlmRequest): {
  readonly can: readonly Capability[];
  /** Tokens of the prompt, estimated from above. */
  readonly promptTokens: number;
} {
  const chars =
    JSON.stringify(request.messages, withoutImages).length + JSON.stringify(request.tools).length;
  const images = request.messages.reduce(
    (sum, message) => sum + (message.from === 'user' ? (message.images?.length ?? 0) : 0),
    0,
  );
  return {
    can: [
      ...(request.tools.length > 0 ? (['tools'] as const) : []),
      ...(request.output === undefined ? [] : (['json-schema'] as const)),
      ...(images > 0 ? (['vision'] as const) : []),
    ],
    promptTokens: Math.ceil(chars / CHARS_PER_TOKEN) + images * TOKENS_PER_IMAGE,
  };
}

/** An image's data is not read as text. */
function withoutImages(key: string, value: unknown): unknown {
  return key === 'images' ? undefined : value;
}
