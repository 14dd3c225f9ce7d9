import type { z } from 'zod';
import { countingBadArgs } from '../../bad-tool-args.ts';
import { createAnswerBuilder } from '../../answer-builder.ts';
import type { AnswerBuilder } from '../../answer-builder.ts';
import type { DialectEvent } from '../../llm-dialect.ts';
import type { SseFrame } from '../../wire/read-sse.ts';
import { StreamEnded, streamError } from '../../wire/stream-error.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { seal } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';
import { geminiAnswer, unifyGemini } from './from-answer.ts';
import { toGeminiUsage } from './to-gemini-usage.ts';

type Answer = z.infer<typeof geminiAnswer>;
type Part = NonNullable<
  NonNullable<NonNullable<Answer['candidates']>[number]['content']>['parts']
>[number];

/** Each frame is an answer of its own with the next parts; calls come whole. */
export async function* fromGeminiStream(
  frames: AsyncIterable<SseFrame>,
  owner: OpaqueOwner,
): AsyncGenerator<DialectEvent> {
  const builder = createAnswerBuilder();
  let raw: string | null = null;
  let said: string | undefined;
  let counted: Answer['usageMetadata'];
  let calls = 0;
  for await (const { data } of frames) {
    const json: unknown = JSON.parse(data);
    if (typeof json === 'object' && json !== null && 'error' in json) throw streamError(json);
    const { candidates, promptFeedback, usageMetadata } = parseAnswer(geminiAnswer, json);
    counted = usageMetadata ?? counted;
    const candidate = candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.functionCall !== undefined) calls += 1;
      yield* toDeltas(builder, part, String(calls), owner);
    }
    said = candidate?.finishMessage ?? said;
    const blocked = promptFeedback?.blockReason;
    raw = candidate?.finishReason ?? (blocked === undefined ? raw : `BLOCKED_${blocked}`);
  }
  if (raw === null) throw new StreamEnded();
  const usage = toGeminiUsage(counted);
  const end = raw;
  const unified = countingBadArgs(usage, () => unifyGemini(end, said));
  yield* builder.finish({ unified, raw, usage });
}

function* toDeltas(
  builder: AnswerBuilder,
  { text, thought, thoughtSignature, functionCall: call }: Part,
  key: string,
  owner: OpaqueOwner,
): Generator<DialectEvent> {
  if (call === undefined) {
    yield* thought === true ? builder.reasoning(text ?? '') : builder.text(text ?? '');
    return;
  }
  const signature = thoughtSignature;
  const opaque = signature === undefined ? null : seal(owner, signature);
  yield* builder.startCall(key, call, opaque);
  const written = call.args ?? {};
  const json = typeof written === 'string' ? written : JSON.stringify(written);
  yield* builder.callArgs(key, json);
  yield* builder.endCall(key);
}
