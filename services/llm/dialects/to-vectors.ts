import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import type { DialectVectors, EmbedRequest } from '../embed-request.ts';
import { NO_USAGE } from '../no-usage.ts';

/**
 * Joins what a dialect read: a vector for each text, of the length that was asked for.
 *
 * @param inputTokens `null`: the provider did not count.
 * @throws ServiceError `Llm.BadAnswer` where vectors are missing; `Llm.BadRequest` where the model
 *   has another length.
 */
export function toVectors(
  { texts, dimensions }: EmbedRequest,
  vectors: readonly (readonly number[])[],
  inputTokens: number | null,
): DialectVectors {
  if (vectors.length !== texts.length) {
    throw new ServiceError(
      FAILURE.llmBadAnswer,
      `The provider was given ${texts.length} texts and answered with ${vectors.length} vectors.`,
    );
  }
  const other = vectors.find(({ length }) => dimensions !== undefined && length !== dimensions);
  if (other !== undefined) {
    throw new ServiceError(
      FAILURE.llmBadRequest,
      `The model makes vectors of ${other.length} numbers, and ${dimensions} were asked for. Leave the dimensions out, or choose another model.`,
    );
  }
  return { vectors, usage: { ...NO_USAGE, inputTokens, outputTokens: 0 } };
}
