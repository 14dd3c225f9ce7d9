import { z } from 'zod';
import { createAnswerBuilder } from '../../answer-builder.ts';
import type { AnswerBuilder } from '../../answer-builder.ts';
import type { DialectEvent } from '../../llm-dialect.ts';
import type { SseFrame } from '../../wire/read-sse.ts';
import { StreamEnded, streamError } from '../../wire/stream-error.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';
import {
  ANTHROPIC_FINISH,
  anthropicUsage,
  fromAnthropicUsage,
  sealThinking,
} from './from-answer.ts';

const text = z.string().optional();
/** Loosely all events in one: `type` says which fields there are. */
const eventShape = z.object({
  type: z.string(),
  index: z.number().optional(),
  message: z.object({ usage: anthropicUsage.nullish() }).optional(),
  content_block: z.object({ type: z.string(), id: text, name: text, text, data: text }).optional(),
  delta: z
    .object({
      text,
      thinking: text,
      signature: text,
      partial_json: text,
      stop_reason: z.string().nullish(),
    })
    .optional(),
  usage: anthropicUsage.nullish(),
});
type Event = z.infer<typeof eventShape>;

/** @throws StreamEnded where `message_stop` never came; ProviderHttpError for an `error` event. */
export async function* fromAnthropicStream(
  frames: AsyncIterable<SseFrame>,
  owner: OpaqueOwner,
): AsyncGenerator<DialectEvent> {
  const builder = createAnswerBuilder();
  let raw: string | null = null;
  let counted: z.infer<typeof anthropicUsage> = {};
  let thinking = '';
  for await (const { data } of frames) {
    const json: unknown = JSON.parse(data);
    const event = parseAnswer(eventShape, json);
    const { type } = event;
    if (type === 'error') throw streamError(json);
    if (type === 'message_start') {
      counted = { ...event.message?.usage };
      const usage = { ...fromAnthropicUsage(counted), costUsd: null };
      yield { kind: 'usage', usage };
    } else if (type === 'message_delta') {
      raw = event.delta?.stop_reason ?? raw;
      counted = { ...counted, ...event.usage };
    } else if (type === 'message_stop') {
      const unified = ANTHROPIC_FINISH[raw ?? ''] ?? 'other';
      const usage = fromAnthropicUsage(counted);
      yield* builder.finish({ unified, raw: raw ?? 'none given', usage });
      return;
    } else {
      yield* toDeltas(builder, event);
      thinking = sealThought(builder, event, thinking, owner);
    }
  }
  throw new StreamEnded();
}

function* toDeltas(
  builder: AnswerBuilder,
  { type, index, content_block: block, delta }: Event,
): Generator<DialectEvent> {
  const key = String(index);
  if (type === 'content_block_start' && block?.type === 'tool_use' && block.name !== undefined) {
    yield* builder.startCall(key, { id: block.id, name: block.name });
  }
  yield* builder.text(block?.text ?? delta?.text ?? '');
  yield* builder.reasoning(delta?.thinking ?? '');
  yield* builder.callArgs(key, delta?.partial_json ?? '');
  if (type === 'content_block_stop') yield* builder.endCall(key);
}

/**
 * Thinking goes back as one block, which ends with its signature.
 *
 * @param thinking of the block so far. @returns the same after this event
 */
function sealThought(
  builder: AnswerBuilder,
  { content_block: block, delta }: Event,
  thinking: string,
  owner: OpaqueOwner,
): string {
  if (block !== undefined) builder.sealReasoning(sealThinking(block, owner));
  if (delta?.signature === undefined) return thinking + (delta?.thinking ?? '');
  const { signature } = delta;
  builder.sealReasoning(sealThinking({ type: 'thinking', thinking, signature }, owner));
  return '';
}
