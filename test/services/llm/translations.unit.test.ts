// The small pure steps between a transcript and a wire format, one by one.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmMessage, LlmRequest } from '../../../common/llm.ts';
import { completeToolResults } from '../../../services/llm/complete-tool-results.ts';
import { contextWindow } from '../../../services/llm/dialects/ollama/context-window.ts';
import { toOpenAiRequest } from '../../../services/llm/dialects/openai/to-request.ts';
import { toGeminiRequest } from '../../../services/llm/dialects/google/to-request.ts';
import { errorText } from '../../../services/llm/error-text.ts';
import { parseToolArgs } from '../../../services/llm/parse-tool-args.ts';
import { retryAfterMs } from '../../../services/llm/retry-after.ts';

const call = (callId: string, name = 'look') =>
  ({ kind: 'tool-call', callId, name, args: {} }) as const;
const result = (callId: string, name = 'look') =>
  ({ from: 'tool', callId, name, text: 'seen', isError: false }) as const;

function request(messages: readonly LlmMessage[], over: Partial<LlmRequest> = {}): LlmRequest {
  return {
    role: 'planner',
    messages,
    tools: [],
    toolChoice: 'auto',
    maxOutputTokens: 100,
    temperature: null,
    ...over,
  };
}

describe('completeToolResults', () => {
  it('whole transcript → unchanged', () => {
    const whole: LlmMessage[] = [
      { from: 'user', text: 'hi' },
      { from: 'model', parts: [call('1'), call('2')] },
      result('2'),
      result('1'),
      { from: 'model', parts: [{ kind: 'text', text: 'done' }] },
    ];
    expect(completeToolResults(whole)).toEqual(whole);
  });

  it('calls left open before a user message and at the end → a result each, in place', () => {
    const cut: LlmMessage[] = [
      { from: 'model', parts: [call('1'), call('2', 'dig')] },
      result('1'),
      { from: 'user', text: 'stop' },
      { from: 'model', parts: [call('3')] },
    ];
    expect(completeToolResults(cut).map(summary)).toEqual([
      'model',
      'result 1 ok',
      'result 2 error',
      'user',
      'model',
      'result 3 error',
    ]);
  });

  function summary(message: LlmMessage): string {
    if (message.from !== 'tool') return message.from;
    return `result ${message.callId} ${message.isError ? 'error' : 'ok'}`;
  }
});

describe('parseToolArgs', () => {
  it.each([
    ['an object', { a: 1 }, { a: 1 }],
    ['JSON text', '{"a":[1,null]}', { a: [1, null] }],
    ['no text', '', {}],
    ['nothing', undefined, {}],
  ])('%s → the arguments', (_what, written, args) => {
    expect(parseToolArgs('look', written)).toEqual(args);
  });

  it.each(['{"a":', '[1]', '"text"', '7', 'null'])(
    '%s → Llm.BadAnswer that quotes it',
    (written) => {
      expect(() => parseToolArgs('look', written)).toThrow(
        expect.objectContaining({
          type: FAILURE.llmBadAnswer,
          message: expect.stringContaining(written) as unknown,
        }),
      );
    },
  );
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  it.each([
    [{ 'retry-after': '0.5' }, '', 500],
    [{ 'retry-after': 'Tue, 24 Nov 2026 12:00:20 GMT' }, '', 20_000],
    [{ 'retry-after': '2030' }, '', 60_000],
    [{}, '{"error":{"details":[{"retryDelay":"34s"}]}}', 34_000],
    [{ 'retry-after': '2' }, '{"retryDelay": "34s"}', 2000],
    [{ 'retry-after-ms': 'NaN', 'retry-after': '2' }, '', 2000],
    [{ 'retry-after': '' }, '', null],
    [{ 'retry-after': 'wait 5' }, '', null],
    [{ 'retry-after': '-5 GMT' }, '', null],
    [{ 'retry-after': '9'.repeat(400) }, '', 60_000],
    [{}, '{"error":{"details":[{"retryDelay":"0.074824224s"}]}}', 75],
    [{}, '{"error":{"details":[{"retryDelay":"-3s"}]}}', null],
    [{}, '', null],
  ])('%j and body %j → %s', (headers, body, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), body, now)).toBe(expected);
  });
});

describe('retryAfterMs by the headers of the limits themselves', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  const openai = (requests: string, tokens: string, remaining = ['0', '0']) => ({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-limit-tokens': '150000',
    'x-ratelimit-remaining-requests': remaining[0] ?? '',
    'x-ratelimit-remaining-tokens': remaining[1] ?? '',
    'x-ratelimit-reset-requests': requests,
    'x-ratelimit-reset-tokens': tokens,
  });
  const anthropic = (kind: string, remaining: string, reset: string) => ({
    [`anthropic-ratelimit-${kind}-limit`]: '1000',
    [`anthropic-ratelimit-${kind}-remaining`]: remaining,
    [`anthropic-ratelimit-${kind}-reset`]: reset,
  });
  it.each<[string, Record<string, string>, number | null]>([
    ['both used up → the later', openai('1s', '12.5s'), 12_500],
    ['one with something left → the other', openai('20s', '120ms', ['59', '0']), 120],
    ['least left counts, though none is used up', openai('1s', '30s', ['59', '90']), 30_000],
    ['minutes → at most 60 s', openai('6m0s', '1s'), 60_000],
    ['bare seconds', { 'x-ratelimit-reset-requests': '3' }, 3000],
    ['nonsense and negative → not said', openai('soon', '-4s'), null],
    ['retry-after goes before', { ...openai('20s', '20s'), 'retry-after': '2' }, 2000],
    ['Anthropic, a moment', anthropic('requests', '0', '2026-11-24T12:00:20Z'), 20_000],
    ['Anthropic, past → at once', anthropic('tokens', '0', '2026-11-24T11:00:00Z'), 0],
    ['Anthropic, nonsense → not said', anthropic('tokens', '0', 'tomorrow'), null],
    [
      'Anthropic, input used up, output not → input',
      {
        ...anthropic('input-tokens', '0', '2026-11-24T12:00:05Z'),
        ...anthropic('output-tokens', '900', '2026-11-24T12:00:50Z'),
      },
      5000,
    ],
  ])('%s', (_what, headers, expected) => {
    expect(retryAfterMs(new Headers(headers), '', now)).toBe(expected);
  });
});

describe('errorText', () => {
  it.each([
    ['{"error":{"message":"a"}}', 'a'],
    ['{"error":"b"}', 'b'],
    ['[{"error":{"message":"c"}}]', 'c'],
    ['{"detail":"d"}', 'd'],
    ['{"message":"e"}', 'e'],
    ['{"type":"error","error":{"type":"x","message":"f"}}', 'f'],
    ['', 'no explanation'],
    ['<h1>g</h1>\n\n', '<h1>g</h1>'],
  ])('%s → %s', (body, text) => {
    expect(errorText(body)).toBe(text);
  });

  it('long page → cut', () => {
    expect(errorText('x'.repeat(5000))).toHaveLength(501);
  });
});

describe('contextWindow', () => {
  const ofBytes = (bytes: number) => request([{ from: 'user', text: 'x'.repeat(bytes) }]);

  it('short prompt → the smallest window', () => {
    expect(contextWindow(ofBytes(10), 0, 131_072)).toBe(8192);
  });

  it('long prompt → the next power of two that holds it', () => {
    expect(contextWindow(ofBytes(60_000), 0, 131_072)).toBe(32_768);
  });

  it('shorter prompt later → the window stays, so that the model is not loaded anew', () => {
    expect(contextWindow(ofBytes(10), 32_768, 131_072)).toBe(32_768);
  });

  it('small model → its own window', () => {
    expect(contextWindow(ofBytes(10), 0, 2048)).toBe(2048);
  });

  it('more than the model holds → Llm.ContextTooLong instead of a silent cut', () => {
    expect(() => contextWindow(ofBytes(60_000), 0, 8192)).toThrow(
      expect.objectContaining({ type: FAILURE.llmContextTooLong }),
    );
  });
});

describe('requests', () => {
  it('OpenAI itself → max_completion_tokens; a compatible server → max_tokens', () => {
    const params = (maxTokensField: 'max_completion_tokens' | 'max_tokens') =>
      toOpenAiRequest(request([]), { model: 'm', maxTokensField }, new Set());
    expect(params('max_completion_tokens')).toMatchObject({ max_completion_tokens: 100 });
    expect(params('max_tokens')).toMatchObject({ max_tokens: 100 });
  });

  it('Gemini: call with its signature → sent back; without → a stand-in on the first call only', () => {
    const signed = { ...call('1'), opaque: { dialect: 'google', data: 'c2ln' } };
    const parts = (first: ReturnType<typeof call>) =>
      toGeminiRequest(
        request([{ from: 'model', parts: [first, call('2')] }, result('1'), result('2')]),
        new Set(),
        { dialect: 'google', provider: 'google/m' },
      ).contents as { parts: { thoughtSignature?: string }[] }[];
    const signatures = (first: ReturnType<typeof call>) =>
      parts(first)[0]?.parts.map(({ thoughtSignature }) => thoughtSignature);
    expect(signatures(signed)).toEqual(['c2ln', undefined]);
    expect(signatures(call('1'))).toEqual(['skip_thought_signature_validator', undefined]);
  });
});
