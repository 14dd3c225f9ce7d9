import type { LlmUsage } from './llm.ts';

/** The usage of a run that asked no model. */
export const NO_USAGE: LlmUsage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
};

/** A sum with an unknown part is unknown, not smaller. */
export function addUsage(left: LlmUsage, right: LlmUsage): LlmUsage {
  const add = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : a + b;
  return {
    inputTokens: add(left.inputTokens, right.inputTokens),
    cacheReadTokens: add(left.cacheReadTokens, right.cacheReadTokens),
    cacheWriteTokens: add(left.cacheWriteTokens, right.cacheWriteTokens),
    outputTokens: add(left.outputTokens, right.outputTokens),
    reasoningTokens: add(left.reasoningTokens, right.reasoningTokens),
    costUsd: add(left.costUsd, right.costUsd),
  };
}
