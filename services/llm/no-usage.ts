import type { LlmUsage } from '../../common/llm.ts';

/** Nobody counted. */
export const NO_USAGE: LlmUsage = {
  inputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  costUsd: null,
};
