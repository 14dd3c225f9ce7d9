import type { LlmUsage } from '../../../common/llm.ts';
import type { ServiceTier } from '../llm-provider-config.ts';

/**
 * The field of `LlmUsage` for the tier that served; left out where the usual one was asked for.
 *
 * @param said in the answer; a server that says nothing did as it was asked.
 */
export function chargedTier(
  asked: ServiceTier | null,
  said: string | null | undefined,
): Pick<LlmUsage, 'tier'> {
  if (asked === null) return {};
  return { tier: said === 'default' || said === 'auto' ? 'standard' : (said ?? asked) };
}
