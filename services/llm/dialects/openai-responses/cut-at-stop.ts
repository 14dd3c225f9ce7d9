import type { LlmPart } from '../../../../common/llm.ts';
import type { DialectAnswer, DialectEvent } from '../../llm-dialect.ts';
import { NO_USAGE } from '../../no-usage.ts';

const FINISH = { unified: 'stop', raw: 'stop word' } as const;

/** Ends an answer before the first of its stop words, as an API with stop words would. */
export function cutAnswerAtStop(answer: DialectAnswer, stop: readonly string[]): DialectAnswer {
  for (const [at, part] of answer.parts.entries()) {
    if (part.kind !== 'text') continue;
    const end = firstOf(part.text, stop);
    if (end === -1) continue;
    const kept = { ...part, text: part.text.slice(0, end) };
    return { ...answer, parts: [...answer.parts.slice(0, at), kept], finish: FINISH };
  }
  return answer;
}

/**
 * The same for a stream, which is then left: what it used is not known. Text that may be the beginning
 * of a stop word waits for what follows.
 */
export async function* cutStreamAtStop(
  events: AsyncIterable<DialectEvent>,
  stop: readonly string[],
): AsyncGenerator<DialectEvent> {
  const held = Math.max(0, ...stop.map(({ length }) => length - 1));
  const parts: LlmPart[] = [];
  let waiting = '';
  const passed = (text: string): DialectEvent[] => {
    if (text === '') return [];
    const last = parts.at(-1);
    const before = last?.kind === 'text' ? last.text : '';
    if (last?.kind === 'text') parts.pop();
    parts.push({ kind: 'text', text: before + text });
    return [{ kind: 'text', text }];
  };
  for await (const event of events) {
    if (event.kind !== 'text') {
      yield* passed(waiting);
      waiting = '';
      if (event.kind === 'tool-call-end') parts.push({ ...event, kind: 'tool-call' });
      yield event;
      continue;
    }
    waiting += event.text;
    const end = firstOf(waiting, stop);
    const sure = waiting.slice(0, end === -1 ? Math.max(0, waiting.length - held) : end);
    waiting = waiting.slice(sure.length);
    yield* passed(sure);
    if (end === -1) continue;
    yield { kind: 'finish', answer: { parts, finish: FINISH, usage: NO_USAGE } };
    return;
  }
}

/** Where the first stop word begins; -1: there is none. */
function firstOf(text: string, stop: readonly string[]): number {
  const found = stop.map((word) => text.indexOf(word)).filter((at) => at !== -1);
  return found.length === 0 ? -1 : Math.min(...found);
}
