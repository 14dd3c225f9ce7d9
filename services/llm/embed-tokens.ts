import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import type { EmbedRequest } from './embed-request.ts';

/** As for prompts: from above. */
const CHARS_PER_TOKEN = 3;
export const MAX_EMBED_TEXTS = 2048;

/**
 * Tokens of the texts, estimated from above: of all together, and of the longest.
 *
 * @throws ServiceError (BadInput) for no texts and for too many.
 */
export function embedTokens({ texts }: EmbedRequest): {
  readonly all: number;
  readonly longest: number;
} {
  if (texts.length === 0 || texts.length > MAX_EMBED_TEXTS) {
    throw new ServiceError(
      FAILURE.badInput,
      `Embeddings are made of 1 to ${MAX_EMBED_TEXTS} texts at once, received ${texts.length}.`,
    );
  }
  const tokens = texts.map(({ length }) => Math.ceil(length / CHARS_PER_TOKEN));
  return { all: tokens.reduce((sum, count) => sum + count, 0), longest: Math.max(...tokens) };
}
