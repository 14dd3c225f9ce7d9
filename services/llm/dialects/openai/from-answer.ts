import { z } from 'zod';
import type { LlmPart, LlmResponse, LlmUsage } from '../../../../common/llm.ts';
import { countingBadArgs } from '../../bad-tool-args.ts';
import { finishAnswer } from '../../finish-answer.ts';
import { newCallId } from '../../new-call-id.ts';
import { parseToolArgs } from '../../parse-tool-args.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import { chargedTier } from '../charged-tier.ts';
import { parseAnswer } from '../parse-answer.ts';

const count = z.number().nullish();
const message = z.object({
  content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: z
    .array(
      z.object({
        id: z.string().nullish(),
        function: z.object({ name: z.string(), arguments: z.unknown().optional() }),
      }),
    )
    .nullish(),
});
export const openAiUsage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
});
const answerShape = z.object({
  choices: z.array(z.object({ message, finish_reason: z.string().nullish() })).min(1),
  usage: openAiUsage.nullish(),
  service_tier: z.string().nullish(),
});

export const OPENAI_FINISH: Readonly<Record<string, LlmResponse['finish']['unified']>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'refusal',
};

/** @param tier that was asked for. @default the usual one */
export function fromOpenAiAnswer(
  answer: unknown,
  tier: ServiceTier | null = null,
): Omit<LlmResponse, 'servedBy'> {
  const parsed = parseAnswer(answerShape, answer);
  // `min(1)` above: there is a first choice.
  const [choice] = parsed.choices as [(typeof parsed.choices)[number]];
  const raw = choice.finish_reason ?? 'none given';
  const refused = typeof choice.message.refusal === 'string' && choice.message.refusal !== '';
  const unified = refused ? 'refusal' : (OPENAI_FINISH[raw] ?? 'other');
  const usage = { ...fromOpenAiUsage(parsed.usage), ...chargedTier(tier, parsed.service_tier) };
  const parts = countingBadArgs(usage, () => toParts(choice.message));
  return finishAnswer({ parts, unified, raw, usage });
}

function toParts({ content, refusal, tool_calls, ...more }: z.infer<typeof message>): LlmPart[] {
  const reasoning = more.reasoning_content ?? more.reasoning ?? '';
  const written =
    typeof content === 'string'
      ? content
      : (content ?? []).map((block) => block.text ?? '').join('');
  const text = written === '' ? (refusal ?? '') : written;
  return [
    ...(reasoning === '' ? [] : [{ kind: 'reasoning', text: reasoning } as const]),
    ...(text === '' ? [] : [{ kind: 'text', text } as const]),
    ...(tool_calls ?? []).map((call): LlmPart => {
      const name = call.function.name;
      const callId = call.id || newCallId();
      return {
        kind: 'tool-call',
        callId,
        name,
        args: parseToolArgs(name, call.function.arguments),
      };
    }),
  ];
}

/** OpenAI counts cached and cache-written tokens among the prompt's; ours are kept apart. */
export function fromOpenAiUsage(
  given: z.infer<typeof openAiUsage> | null | undefined,
): Omit<LlmUsage, 'costUsd'> {
  const prompt = given?.prompt_tokens ?? null;
  const read = given?.prompt_tokens_details?.cached_tokens ?? null;
  const written = given?.prompt_tokens_details?.cache_write_tokens ?? null;
  return {
    inputTokens: prompt === null ? null : Math.max(0, prompt - (read ?? 0) - (written ?? 0)),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    outputTokens: given?.completion_tokens ?? null,
    reasoningTokens: given?.completion_tokens_details?.reasoning_tokens ?? null,
  };
}
