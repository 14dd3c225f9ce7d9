import type { LlmOpaque } from '../../../common/llm.ts';
import type { LlmProviderConfig } from '../llm-provider-config.ts';

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
