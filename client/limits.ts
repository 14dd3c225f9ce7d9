import { z } from 'zod';
import type { AgentLimits } from '../common/agent.ts';

/** What a run may use where the caller says nothing. */
export const DEFAULT_LIMITS: AgentLimits = {
  maxTurns: 8,
  maxToolCalls: 100,
  maxWallMs: 30 * 60_000,
  maxParallel: 50,
};

export const limitsSchema = z.strictObject({
  maxTurns: z.int().min(1).max(10_000),
  maxToolCalls: z.int().min(1).max(10_000),
  maxWallMs: z
    .int()
    .min(1_000)
    .max(7 * 24 * 3_600_000),
  maxParallel: z.int().min(1).max(500),
  maxParallelPerServer: z.int().min(1).max(500).exactOptional(),
  maxTokens: z.int().min(1).max(1_000_000_000).exactOptional(),
  maxReplans: z.int().min(0).max(10_000).exactOptional(),
  maxCostUsd: z.number().min(0.000_001).max(100_000).exactOptional(),
}) satisfies z.ZodType<AgentLimits>;
