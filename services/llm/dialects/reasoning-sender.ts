import type { LlmPart, LlmRequest } from '../../../common/llm.ts';
import { createLearnedLimits } from '../learned-limits.ts';
import type { ModelLimit } from '../learned-limits.ts';
import { ProviderHttpError } from '../provider-http-error.ts';
import { postForJson, postForStream } from '../wire/post.ts';
import type { WireCall } from '../wire/post.ts';
import type { OpaqueOwner } from './own-opaque.ts';
import { ownData } from './own-opaque.ts';

export interface ReasoningWire extends Pick<WireCall, 'url' | 'headers'> {
  /** Whose reasoning goes back with a conversation. */
  readonly owner: OpaqueOwner;
  /** `owner` is `null` where no reasoning may go. */
  readonly toBody: (
    request: LlmRequest,
    limits: ReadonlySet<ModelLimit>,
    owner: OpaqueOwner | null,
  ) => object;
  /** Whether the request has what a model with this limit refuses. */
  readonly isInUse: (request: LlmRequest, limit: ModelLimit) => boolean;
}

/** Sends requests of a dialect whose reasoning is kept, without what the model was seen to refuse. */
export function createReasoningSender({ url, headers, owner, toBody, isInUse }: ReasoningWire) {
  const withLimits = createLearnedLimits();
  const send = <T>(
    request: LlmRequest,
    more: { readonly stream?: true },
    post: (call: Pick<WireCall, 'url' | 'headers' | 'body'>) => Promise<T>,
  ): Promise<T> =>
    withLimits(
      (limits) =>
        sendWithReasoning(request, owner, (reader) =>
          post({ url, headers, body: { ...toBody(request, limits, reader), ...more } }),
        ),
      (limit) => isInUse(request, limit),
    );
  return {
    forJson: (request: LlmRequest, signal: AbortSignal) =>
      send(request, {}, (call) => postForJson({ ...call, signal })),
    forStream: (request: LlmRequest, signal: AbortSignal) =>
      send(request, { stream: true }, (call) => postForStream({ ...call, signal })),
  };
}

const REFUSED = /encrypted_content|thinking|signature|reasoning/i;

/**
 * Sends with the reasoning of earlier turns, and where the provider refuses that (a 400; it may have
 * been made with another key), once more without: an answer without it is better than none.
 *
 * @param send gets the owner whose reasoning is to be sent; `null`: none.
 */
async function sendWithReasoning<T>(
  { messages }: LlmRequest,
  owner: OpaqueOwner,
  send: (owner: OpaqueOwner | null) => Promise<T>,
): Promise<T> {
  try {
    return await send(owner);
  } catch (error) {
    const refused =
      error instanceof ProviderHttpError && error.status === 400 && REFUSED.test(error.body);
    const isOwn = (part: LlmPart): boolean =>
      part.kind === 'reasoning' && ownData(part.opaque, owner) !== null;
    const sent = messages.some((one) => one.from === 'model' && one.parts.some(isOwn));
    if (!refused || !sent) throw error;
    return send(null);
  }
}
