import { createAnswerBuilder } from '../../answer-builder.ts';
import type { DialectEvent } from '../../llm-dialect.ts';
import { StreamEnded, streamError } from '../../wire/stream-error.ts';
import { parseAnswer } from '../parse-answer.ts';
import { ollamaAnswer, ollamaEnd } from './from-answer.ts';

/** One JSON object a line; the one with `done` is the last. Calls come whole. */
export async function* fromOllamaStream(
  lines: AsyncIterable<string>,
): AsyncGenerator<DialectEvent> {
  const builder = createAnswerBuilder();
  let calls = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const json: unknown = JSON.parse(line);
    if (typeof json === 'object' && json !== null && 'error' in json) throw streamError(json);
    const piece = parseAnswer(ollamaAnswer, json);
    yield* builder.reasoning(piece.message.thinking ?? '');
    yield* builder.text(piece.message.content ?? '');
    for (const { function: call } of piece.message.tool_calls ?? []) {
      calls += 1;
      const key = String(calls);
      yield* builder.startCall(key, { name: call.name });
      const written = call.arguments ?? {};
      const json = typeof written === 'string' ? written : JSON.stringify(written);
      yield* builder.callArgs(key, json);
      yield* builder.endCall(key);
    }
    if (piece.done !== true) continue;
    yield* builder.finish(ollamaEnd(piece));
    return;
  }
  throw new StreamEnded();
}
