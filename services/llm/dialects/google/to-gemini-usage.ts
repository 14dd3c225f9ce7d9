import { z } from 'zod';
import type { LlmUsage } from '../../../../common/llm.ts';
import { pricedApart } from '../../priced-apart.ts';

const count = z.number().nullish();
const details = z.array(z.object({ modality: z.string(), tokenCount: count })).nullish();

export const geminiUsage = z.object({
  promptTokenCount: count,
  toolUsePromptTokenCount: count,
  cachedContentTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  totalTokenCount: count,
  promptTokensDetails: details,
  candidatesTokensDetails: details,
  cacheTokensDetails: details,
});
type Given = z.infer<typeof geminiUsage>;

/**
 * Gemini counts cached tokens among the prompt's, and thoughts apart from the answer. A count that is
 * zero is left out; the total tells it from one that was not made.
 */
export function toGeminiUsage(given: Given | undefined): Omit<LlmUsage, 'costUsd'> {
  const prompt = given?.promptTokenCount ?? null;
  const read = given?.cachedContentTokenCount ?? null;
  const thoughts = given?.thoughtsTokenCount ?? null;
  const fromTools = given?.toolUsePromptTokenCount ?? 0;
  const written = given?.candidatesTokenCount ?? (wroteNothing(given) ? 0 : null);
  return {
    inputTokens: prompt === null ? null : Math.max(0, prompt - (read ?? 0)) + fromTools,
    cacheReadTokens: read,
    cacheWriteTokens: null,
    outputTokens: written === null && thoughts === null ? null : (written ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts,
    ...pricedApart({
      ...byKind(given?.promptTokensDetails, (kind) => `input_${kind}_tokens`),
      ...byKind(given?.candidatesTokensDetails, (kind) => `output_${kind}_tokens`),
      ...byKind(given?.cacheTokensDetails, (kind) => `cache_${kind}_read_tokens`),
    }),
  };
}

function wroteNothing(given: Given | undefined): boolean {
  const { promptTokenCount: prompt, totalTokenCount: total } = given ?? {};
  return typeof prompt === 'number' && total === prompt;
}

/** Text is what the prices are for; sound, pictures and films have their own. */
const APART = ['audio', 'image', 'video'];

function byKind(
  given: z.infer<typeof details>,
  name: (kind: string) => string,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { modality, tokenCount } of given ?? []) {
    const kind = modality.toLowerCase();
    if (APART.includes(kind)) counts[name(kind)] = tokenCount ?? 0;
  }
  return counts;
}
