import { FAILURE } from '../../common/failures.ts';
import { isJsonObject } from '../../common/json.ts';
import type { JsonObject } from '../../common/json.ts';
import type { LlmImage, LlmTool } from '../../common/llm.ts';
import { ServiceError } from '../../services/errors.ts';

export const DEFAULT_MAX_OUTPUT_TOKENS = 4096;

/**
 * A call of one tool is asked for by offering that one alone.
 *
 * @param forced `null`: none is.
 * @throws ServiceError (BadInput) where it is not among the tools.
 */
export function offeredTools(all: readonly LlmTool[], forced: string | null): readonly LlmTool[] {
  const tools = forced === null ? all : all.filter(({ name }) => name === forced);
  if (forced === null || tools.length > 0) return tools;
  throw badInput(`tool_choice names "${forced}", which is not among the tools.`);
}

/** @throws ServiceError (BadInput) for an image that is not in the request itself. */
export function toImage(url: string): LlmImage {
  const match = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=]+)$/.exec(url);
  const [, mediaType, data] = match ?? [];
  if (mediaType === undefined || data === undefined) {
    throw badInput(
      `An image must be in the request, as "data:image/png;base64,…" (png, jpeg, gif, webp), got "${url.slice(0, 60)}".`,
    );
  }
  return { mediaType, data };
}

/** @throws ServiceError (BadInput) for arguments that are no JSON object. */
export function toArgs({ name, arguments: text }: { name: string; arguments: string }): JsonObject {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw badInput(
    `The arguments of the call of ${name} are not a JSON object: ${text.slice(0, 200)}`,
  );
}

export function badInput(message: string): ServiceError {
  return new ServiceError(FAILURE.badInput, message);
}
