import { z } from 'zod';
import { createAnswerBuilder } from '../../answer-builder.ts';
import type { AnswerBuilder } from '../../answer-builder.ts';
import type { DialectEvent } from '../../llm-dialect.ts';
import type { SseFrame } from '../../wire/read-sse.ts';
import { StreamEnded, streamError } from '../../wire/stream-error.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import { chargedTier } from '../charged-tier.ts';
import { parseAnswer } from '../parse-answer.ts';
import { OPENAI_FINISH, fromOpenAiUsage, openAiUsage } from './from-answer.ts';

const text = z.string().nullish();
const delta = z.object({
  content: text,
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z
    .array(
      z.object({
        index: z.number().nullish(),
        id: text,
        function: z.object({ name: text, arguments: text }).nullish(),
      }),
    )
    .nullish(),
});
const chunkShape = z.object({
  choices: z.array(z.object({ delta: delta.nullish(), finish_reason: text })).nullish(),
  usage: openAiUsage.nullish(),
  service_tier: text,
  error: z.unknown().optional(),
});

/** @throws StreamEnded where no finish reason came; ProviderHttpError for an error in the stream. */
export async function* fromOpenAiStream(
  frames: AsyncIterable<SseFrame>,
  tier: ServiceTier | null = null,
): AsyncGenerator<DialectEvent> {
  const builder = createAnswerBuilder();
  let raw: string | null = null;
  let refused = false;
  let usage: z.infer<typeof openAiUsage> | null = null;
  let served: string | null = null;
  for await (const { data } of frames) {
    if (data === '[DONE]') break;
    const json: unknown = JSON.parse(data);
    const chunk = parseAnswer(chunkShape, json);
    if (chunk.error !== undefined && chunk.error !== null) throw streamError(json);
    usage = chunk.usage ?? usage;
    served = chunk.service_tier ?? served;
    const choice = chunk.choices?.[0];
    if (choice === undefined) continue;
    raw = choice.finish_reason ?? raw;
    refused ||= typeof choice.delta?.refusal === 'string' && choice.delta.refusal !== '';
    if (choice.delta) for (const event of toDeltas(builder, choice.delta)) yield event;
  }
  if (raw === null) throw new StreamEnded();
  const unified = refused ? 'refusal' : (OPENAI_FINISH[raw] ?? 'other');
  const used = { ...fromOpenAiUsage(usage), ...chargedTier(tier, served) };
  for (const event of builder.finish({ unified, raw, usage: used })) yield event;
}

/** Arrays, and above one `yield` an event: an asynchronous generator waits thrice for what `yield*` gives it. */
function toDeltas(builder: AnswerBuilder, given: z.infer<typeof delta>): readonly DialectEvent[] {
  const said = [
    ...builder.reasoning(given.reasoning_content ?? given.reasoning ?? ''),
    ...builder.text(given.content ?? given.refusal ?? ''),
  ];
  for (const [position, call] of (given.tool_calls ?? []).entries()) {
    // Some servers leave the index out and send each call whole.
    const key = String(call.index ?? call.id ?? position);
    const name = call.function?.name;
    if (!builder.has(key) && name) said.push(...builder.startCall(key, { id: call.id, name }));
    said.push(...builder.callArgs(key, call.function?.arguments ?? ''));
  }
  return said;
}
