import { z } from 'zod';
import { createAnswerBuilder } from '../../answer-builder.ts';
import type { AnswerBuilder } from '../../answer-builder.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import type { DialectEvent } from '../../llm-dialect.ts';
import type { SseFrame } from '../../wire/read-sse.ts';
import { StreamEnded, streamError } from '../../wire/stream-error.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';
import { responseEnd, responseItem, responsesEnd, sealReasoning } from './response-shape.ts';

/** Loosely all events in one: `type` says which fields there are. */
const eventShape = z.object({
  type: z.string(),
  output_index: z.number().nullish(),
  delta: z.string().nullish(),
  item: responseItem.nullish(),
  response: responseEnd.nullish(),
});
type Event = z.infer<typeof eventShape>;

const ENDS = new Set(['response.completed', 'response.incomplete']);

/** @throws StreamEnded where no end came; ProviderHttpError for a response that failed. */
export async function* fromResponsesStream(
  frames: AsyncIterable<SseFrame>,
  owner: OpaqueOwner,
  tier: ServiceTier | null = null,
): AsyncGenerator<DialectEvent> {
  const builder = createAnswerBuilder();
  let refused = false;
  for await (const { data } of frames) {
    if (data === '[DONE]') break;
    const json: unknown = JSON.parse(data);
    const event = parseAnswer(eventShape, json);
    const { type, response } = event;
    // Its fields stand bare here, in other events below `error`.
    if (type === 'error') throw streamError(isNested(json) ? json : { error: json });
    if (type === 'response.failed') throw streamError({ error: response?.error });
    refused ||= type === 'response.refusal.delta';
    if (ENDS.has(type)) {
      const end = responsesEnd(response ?? {}, tier);
      yield* builder.finish({ ...end, unified: refused ? 'refusal' : end.unified });
      return;
    }
    yield* toDeltas(builder, event, owner);
  }
  throw new StreamEnded();
}

function* toDeltas(
  builder: AnswerBuilder,
  { type, output_index, delta, item }: Event,
  owner: OpaqueOwner,
): Generator<DialectEvent> {
  const key = String(output_index ?? 0);
  switch (type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      yield* builder.text(delta ?? '');
      return;
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta':
      yield* builder.reasoning(delta ?? '');
      return;
    case 'response.output_item.added':
      if (item?.type !== 'function_call' || !item.name) return;
      yield* builder.startCall(key, { id: item.call_id, name: item.name });
      return;
    case 'response.function_call_arguments.delta':
      yield* builder.callArgs(key, delta ?? '');
      return;
    case 'response.output_item.done':
      if (item?.type === 'reasoning') builder.sealReasoning(sealReasoning(item, owner));
      if (item?.type === 'function_call') yield* builder.endCall(key);
  }
}

function isNested(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'error' in json;
}
