// Proves that an answer ends before its first stop word, whole and streamed, however the word is split.
import { describe, expect, it } from 'vitest';
import type { DialectAnswer, DialectEvent } from '../../../../../services/llm/llm-dialect.ts';
import {
  cutAnswerAtStop,
  cutStreamAtStop,
} from '../../../../../services/llm/dialects/openai-responses/cut-at-stop.ts';
import { NO_USAGE } from '../../../../../services/llm/no-usage.ts';

const STOP = ['END', '\n\n'];

function answer(text: string): DialectAnswer {
  const finish = { unified: 'stop', raw: 'completed' } as const;
  return { parts: [{ kind: 'text', text }], finish, usage: NO_USAGE };
}

async function streamed(pieces: readonly string[]) {
  let left = false;
  async function* events(): AsyncGenerator<DialectEvent> {
    try {
      for (const text of pieces) yield { kind: 'text', text };
      yield { kind: 'finish', answer: answer(pieces.join('')) };
      left = false;
    } finally {
      left = true;
    }
  }
  const seen: DialectEvent[] = [];
  for await (const event of cutStreamAtStop(events(), STOP)) seen.push(event);
  const text = seen.map((event) => (event.kind === 'text' ? event.text : '')).join('');
  return { text, finish: seen.at(-1), left };
}

describe('whole answers', () => {
  it.each([
    ['one two END three', 'one two ', 'stop word'],
    ['one\n\ntwo END', 'one', 'stop word'],
    ['EN D', 'EN D', 'completed'],
  ])('%j → %j', (text, kept, raw) => {
    const cut = cutAnswerAtStop(answer(text), STOP);
    expect(cut.parts).toEqual([{ kind: 'text', text: kept }]);
    expect(cut.finish.raw).toBe(raw);
  });

  it('what came after the word → gone', () => {
    const call = { kind: 'tool-call', callId: '1', name: 'look', args: {} } as const;
    const whole = answer('so END');
    expect(cutAnswerAtStop({ ...whole, parts: [...whole.parts, call] }, STOP).parts).toEqual([
      { kind: 'text', text: 'so ' },
    ]);
  });
});

describe('streams', () => {
  it('a word split at every place → the same text, and the stream is left', async () => {
    const whole = 'one two END three';
    for (let at = 1; at < whole.length; at += 1) {
      const { text, finish, left } = await streamed([whole.slice(0, at), whole.slice(at)]);
      expect(text).toBe('one two ');
      expect(finish).toMatchObject({ answer: { parts: [{ text }], finish: { unified: 'stop' } } });
      expect(left).toBe(true);
    }
  });

  it('text that only begins like a word → all of it', async () => {
    const { text, finish } = await streamed(['one E', 'N', ' two EN']);
    expect(text).toBe('one EN two EN');
    expect(finish).toMatchObject({ answer: { finish: { raw: 'completed' } } });
  });
});
