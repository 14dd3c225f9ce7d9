import { z } from 'zod';
import type { LlmPart, LlmResponse } from '../../../../common/llm.ts';
import { countingBadArgs } from '../../bad-tool-args.ts';
import { finishAnswer } from '../../finish-answer.ts';
import { newCallId } from '../../new-call-id.ts';
import { parseToolArgs } from '../../parse-tool-args.ts';
import { parseAnswer } from '../parse-answer.ts';

const count = z.number().nullish();
export const ollamaAnswer = z.object({
  message: z.object({
    content: z.string().nullish(),
    thinking: z.string().nullish(),
    tool_calls: z
      .array(
        z.object({ function: z.object({ name: z.string(), arguments: z.unknown().optional() }) }),
      )
      .nullish(),
  }),
  done: z.boolean().nullish(),
  done_reason: z.string().nullish(),
  prompt_eval_count: count,
  eval_count: count,
});

export function fromOllamaAnswer(answer: unknown): Omit<LlmResponse, 'servedBy'> {
  const parsed = parseAnswer(ollamaAnswer, answer);
  const { content, thinking, tool_calls } = parsed.message;
  const end = ollamaEnd(parsed);
  const calls = countingBadArgs(end.usage, () =>
    (tool_calls ?? []).map(({ function: call }): LlmPart => {
      const args = parseToolArgs(call.name, call.arguments);
      return { kind: 'tool-call', callId: newCallId(), name: call.name, args };
    }),
  );
  return finishAnswer({
    parts: [
      ...(thinking ? [{ kind: 'reasoning', text: thinking } as const] : []),
      ...(content ? [{ kind: 'text', text: content } as const] : []),
      ...calls,
    ],
    ...end,
  });
}

/** Why it ended and what it used. */
export function ollamaEnd(parsed: z.infer<typeof ollamaAnswer>) {
  const raw = parsed.done_reason ?? 'none given';
  const unified = raw === 'stop' || raw === 'length' ? raw : 'other';
  return {
    unified,
    raw,
    usage: {
      inputTokens: parsed.prompt_eval_count ?? null,
      cacheReadTokens: null,
      cacheWriteTokens: null,
      outputTokens: parsed.eval_count ?? null,
      reasoningTokens: null,
    },
  } as const;
}
