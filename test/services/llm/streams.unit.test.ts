// Proves that each dialect's stream is read alike however its bytes are split, and what becomes of
// streams that break: readers and translations alone, on what the vendors send.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonValue } from '../../../common/json.ts';
import { isServiceError } from '../../../services/errors.ts';
import { fromAnthropicStream } from '../../../services/llm/dialects/anthropic/from-stream.ts';
import { fromGeminiStream } from '../../../services/llm/dialects/google/from-stream.ts';
import { fromOllamaStream } from '../../../services/llm/dialects/ollama/from-stream.ts';
import { fromResponsesStream } from '../../../services/llm/dialects/openai-responses/from-stream.ts';
import { fromOpenAiStream } from '../../../services/llm/dialects/openai/from-stream.ts';
import type { DialectEvent } from '../../../services/llm/llm-dialect.ts';
import type { LlmDialectName } from '../../../services/llm/llm-provider-config.ts';
import { toServiceError } from '../../../services/llm/to-service-error.ts';
import { readLines } from '../../../services/llm/wire/read-lines.ts';
import { readSse } from '../../../services/llm/wire/read-sse.ts';
import { VENDORS, streamText } from '../../support/fake-llm/streams.ts';

const PIECES = ['It ', 'rains ❄ ', 'in Oslo.'];
const ARGS = '{"city":"Oslo","days":2}';
type Bytes = AsyncIterable<Uint8Array>;
const OWNER = { dialect: 'x', provider: 'p/m' };
const READERS: Readonly<Record<LlmDialectName, (bytes: Bytes) => AsyncIterable<DialectEvent>>> = {
  openai: (bytes) => fromOpenAiStream(readSse(bytes)),
  'openai-responses': (bytes) => fromResponsesStream(readSse(bytes), OWNER),
  anthropic: (bytes) => fromAnthropicStream(readSse(bytes), OWNER),
  google: (bytes) => fromGeminiStream(readSse(bytes), OWNER),
  ollama: (bytes) => fromOllamaStream(readLines(bytes)),
};

async function* inPieces(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

async function read(dialect: LlmDialectName, ...pieces: readonly Uint8Array[]) {
  const events: DialectEvent[] = [];
  for await (const event of READERS[dialect](inPieces(...pieces))) events.push(event);
  return events;
}

async function failure(dialect: LlmDialectName, text: string | Uint8Array) {
  const facts = { provider: dialect, model: 'm', timeoutMs: 1000, nowMs: 0 };
  const error = await read(dialect, Buffer.from(text)).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) throw new Error('The stream was read to its end.');
  return isServiceError(error) ? error : toServiceError(error, facts);
}

describe.each(Object.keys(VENDORS) as LlmDialectName[])('%s', (dialect) => {
  const vendor = VENDORS[dialect];
  const whole = (frames: readonly JsonValue[]) => streamText(dialect, frames) + vendor.end;
  const text = whole([...vendor.text(PIECES), ...vendor.finish('text')]);
  const call = whole([...vendor.call('weather_now', ARGS), ...vendor.finish('call')]);

  it('text → its deltas as they came, then usage, then the whole answer', async () => {
    const events = await read(dialect, Buffer.from(text));
    const deltas = events.filter(({ kind }) => kind === 'text');
    expect(deltas).toEqual(PIECES.map((piece) => ({ kind: 'text', text: piece })));
    expect(events.at(-2)).toMatchObject({
      kind: 'usage',
      usage: { inputTokens: 156, outputTokens: 58 },
    });
    expect(events.at(-1)).toMatchObject({
      kind: 'finish',
      answer: { parts: [{ kind: 'text', text: PIECES.join('') }], finish: { unified: 'stop' } },
    });
  });

  it('tool call → start, arguments, end with the parsed ones, all with one id', async () => {
    const events = await read(dialect, Buffer.from(call));
    const calls = events.filter(({ kind }) => kind.startsWith('tool-call'));
    expect(calls[0]).toMatchObject({ kind: 'tool-call-start', name: 'weather_now' });
    expect(calls.at(-1)).toMatchObject({ kind: 'tool-call-end', args: { city: 'Oslo', days: 2 } });
    const json = calls.map((event) => (event.kind === 'tool-call-args' ? event.text : '')).join('');
    expect(JSON.parse(json)).toEqual({ city: 'Oslo', days: 2 });
    expect(new Set(calls.map((event) => 'callId' in event && event.callId)).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ answer: { finish: { unified: 'tool-calls' } } });
  });

  it('bytes split at every place, and one by one → the same events', async () => {
    const bytes = Buffer.from(text);
    const expected = await read(dialect, bytes);
    for (let at = 1; at < bytes.length; at += 1) {
      const events = await read(dialect, bytes.subarray(0, at), bytes.subarray(at));
      if (JSON.stringify(events) !== JSON.stringify(expected)) expect(events).toEqual(expected);
    }
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await read(dialect, ...single)).toEqual(expected);
  });

  it('cut before the end at any byte → Llm.Unavailable, may be retried', async () => {
    const half = streamText(dialect, vendor.finish('text')).slice(0, 30);
    const bytes = Buffer.from(streamText(dialect, vendor.text(PIECES)) + half);
    const expected = { type: FAILURE.llmUnavailable, retry: { allowed: true } };
    // Some of these places are within the bytes of one character.
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await failure(dialect, bytes.subarray(0, at))).toMatchObject(expected);
    }
  });

  it('error in the middle → Llm.Unavailable with its words', async () => {
    const error = await failure(dialect, whole([...vendor.text(PIECES), vendor.error]));
    expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: true } });
    expect(error.message).toContain('Overloaded now.');
  });

  it('tool arguments that are no JSON → Llm.BadAnswer with the text, and what the answer used', async () => {
    const broken = [...vendor.call('weather_now', '{"city": "Oslo", '), ...vendor.finish('call')];
    const error = await failure(dialect, whole(broken));
    expect(error.type).toBe(FAILURE.llmBadAnswer);
    expect(error.message).toContain('{"city": "Oslo", ');
    const usage = { outputTokens: expect.any(Number) as number };
    expect(error).toMatchObject({ usage });
  });

  it('frame that is no JSON → Llm.BadAnswer', async () => {
    const frame = dialect === 'ollama' ? 'hello\n' : 'data: hello\n\n';
    expect((await failure(dialect, frame)).type).toBe(FAILURE.llmBadAnswer);
  });

  it('answer with nothing in it → Llm.BadAnswer', async () => {
    const nothing = whole([...vendor.text([]), ...vendor.finish('text')]);
    expect((await failure(dialect, nothing)).type).toBe(FAILURE.llmBadAnswer);
  });

  // Ollama has no word for it.
  const hasRefusals = dialect !== 'ollama';
  if (hasRefusals)
    it('refusal → finish refusal, no error', async () => {
      const refused = whole([...vendor.text([]), ...vendor.finish('refusal')]);
      const events = await read(dialect, Buffer.from(refused));
      expect(events.at(-1)).toMatchObject({ answer: { finish: { unified: 'refusal' } } });
    });

  it('cut by the token limit → the text so far, finish length', async () => {
    const cut = whole([...vendor.text(['It rains']), ...vendor.finish('length')]);
    const events = await read(dialect, Buffer.from(cut));
    expect(events.at(-1)).toMatchObject({
      answer: { parts: [{ text: 'It rains' }], finish: { unified: 'length' } },
    });
  });
});
