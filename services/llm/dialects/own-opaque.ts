import type { LlmOpaque, LlmPart, LlmRequest } from '../../../common/llm.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { ProviderHttpError } from '../provider-http-error.ts';

/** Who can read an opaque part: one model of one provider, by one wire format. */
export interface OpaqueOwner {
  readonly dialect: string;
  /** `provider/model`. */
  readonly provider: string;
}

export function opaqueOwner({ dialect, name, model }: LlmProviderConfig): OpaqueOwner {
  return { dialect, provider: `${name}/${model}` };
}

export function seal({ dialect, provider }: OpaqueOwner, data: string): LlmOpaque {
  return { dialect, provider, data };
}

/** The data, where this provider made it; `null` otherwise: the others cannot read it. */
export function ownData(opaque: LlmOpaque | undefined, owner: OpaqueOwner | null): string | null {
  if (opaque === undefined || owner === null || opaque.dialect !== owner.dialect) return null;
  return opaque.provider === undefined || opaque.provider === owner.provider ? opaque.data : null;
}

const REFUSED = /encrypted_content|thinking|signature|reasoning/i;

/**
 * Sends with the reasoning of earlier turns, and where the provider refuses that (a 400; it may have
 * been made with another key), once more without: an answer without it is better than none.
 *
 * @param send gets the owner whose reasoning is to be sent; `null`: none.
 */
export async function sendWithReasoning<T>(
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
