import { z } from 'zod';
import type { LlmResponse } from '../../../common/llm.ts';

const count = z.number().nullable();

const response = z.object({
  parts: z.array(z.object({ kind: z.literal('text'), text: z.string() })),
  finish: z.object({ unified: z.literal('stop'), raw: z.string() }),
  usage: z.object({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    costUsd: count,
  }),
  servedBy: z.object({ provider: z.string(), model: z.string() }),
});

/** A kept answer that came from outside this process; `null` where it is none. */
export function parseResponse(value: unknown): LlmResponse | null {
  const parsed = response.safeParse(value);
  return parsed.success ? parsed.data : null;
}
