import { z } from 'zod';
import type { LlmResponse, LlmUsage } from '../../../../common/llm.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import { chargedTier } from '../charged-tier.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { seal } from '../own-opaque.ts';

const count = z.number().nullish();
const text = z.string().nullish();
const texts = z.array(z.object({ type: z.string(), text, refusal: text })).nullish();

/** One item of an answer: a message, a call or reasoning; others are passed over. */
export const responseItem = z.object({
  type: z.string(),
  id: text,
  content: texts,
  summary: texts,
  encrypted_content: text,
  call_id: text,
  name: text,
  arguments: z.unknown().optional(),
});
export type ResponseItem = z.infer<typeof responseItem>;

const usage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish(),
  output_tokens: count,
  output_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
});
export const responseEnd = z.object({
  status: text,
  incomplete_details: z.object({ reason: text }).nullish(),
  error: z.unknown().optional(),
  usage: usage.nullish(),
  service_tier: text,
});
export type ResponseEnd = z.infer<typeof responseEnd>;

const INCOMPLETE: Readonly<Record<string, LlmResponse['finish']['unified']>> = {
  max_output_tokens: 'length',
  content_filter: 'refusal',
};

/** Why it ended and what it used. */
export function responsesEnd(
  { status, incomplete_details, usage: given, service_tier }: ResponseEnd,
  tier: ServiceTier | null,
): {
  readonly unified: LlmResponse['finish']['unified'];
  readonly raw: string;
  readonly usage: Omit<LlmUsage, 'costUsd'>;
} {
  const raw = incomplete_details?.reason ?? status ?? 'none given';
  const unified = raw === 'completed' ? 'stop' : (INCOMPLETE[raw] ?? 'other');
  return { unified, raw, usage: { ...toUsage(given), ...chargedTier(tier, service_tier) } };
}

/** Cached and cache-written tokens are counted among the input; ours are kept apart. */
function toUsage(given: ResponseEnd['usage']): Omit<LlmUsage, 'costUsd'> {
  const input = given?.input_tokens ?? null;
  const read = given?.input_tokens_details?.cached_tokens ?? null;
  const written = given?.input_tokens_details?.cache_write_tokens ?? null;
  return {
    inputTokens: input === null ? null : Math.max(0, input - (read ?? 0) - (written ?? 0)),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    outputTokens: given?.output_tokens ?? null,
    reasoningTokens: given?.output_tokens_details?.reasoning_tokens ?? null,
  };
}

/** A reasoning item as it goes back; `null` where it could not: nothing is stored under its id. */
export function sealReasoning(item: ResponseItem, owner: OpaqueOwner) {
  const { id, summary, encrypted_content } = item;
  if (!encrypted_content) return null;
  const back = { type: 'reasoning', id: id ?? '', summary: summary ?? [], encrypted_content };
  return seal(owner, JSON.stringify(back));
}
