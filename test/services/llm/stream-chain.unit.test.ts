// Proves what becomes of a stream that breaks: begun anew by another route while it was only text,
// never spliced once a tool call has begun; and that breaker and record learn how it really ended.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmStreamEvent } from '../../../common/llm-stream.ts';
import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { CallResult } from '../../../services/breaker/breakers.ts';
import { BadToolArgs } from '../../../services/llm/bad-tool-args.ts';
import type { AttemptEnd } from '../../../services/llm/attempt-chain.ts';
import { streamChain } from '../../../services/llm/stream-chain.ts';
import type { OpenStream } from '../../../services/llm/stream-from-route.ts';
import { chainDeps, failure, route } from './support.ts';

const routes = [route('one/a'), route('two/b')];
const text = (words: string): LlmStreamEvent => ({ kind: 'text', text: words });
const callBegins: LlmStreamEvent = { kind: 'tool-call-start', callId: 'c', name: 'look' };
const usage = {
  inputTokens: 1,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: 2,
  reasoningTokens: null,
  costUsd: null,
};
const response: LlmResponse = {
  parts: [{ kind: 'text', text: 'whole' }],
  finish: { unified: 'stop', raw: 'stop' },
  usage,
  servedBy: { provider: 'two', model: 'b' },
};
const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Say it.' }],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: 10,
  temperature: null,
};
const finish: LlmStreamEvent = { kind: 'finish', response };
const servedBy = (provider: string, model: string): LlmStreamEvent => ({
  kind: 'served',
  servedBy: { provider, model },
});

/** A stream of these events, which then ends or breaks. */
function stream(events: readonly LlmStreamEvent[], broken: Error | null = null): OpenStream {
  const { promise: ended, resolve } = Promise.withResolvers<AttemptEnd>();
  async function* play(): AsyncGenerator<LlmStreamEvent> {
    yield* events;
    resolve({ outcome: broken === null ? 'ok' : FAILURE.llmUnavailable, usage: null });
    if (broken !== null) throw broken;
  }
  return { events: play(), ended };
}

async function collect(
  streams: Readonly<Record<string, OpenStream | OpenStream[] | Error>>,
  given = routes,
) {
  const asked: [string, LlmRequest][] = [];
  const nextOf = (one: OpenStream | OpenStream[] | Error | undefined): OpenStream => {
    const next = Array.isArray(one) ? one.shift() : one;
    if (next === undefined || next instanceof Error) throw next ?? new Error('No stream is left.');
    return next;
  };
  const results: (CallResult & { id: string })[] = [];
  const breakers = {
    admit: async ({ name }: { name: string }) =>
      ({
        kind: 'admitted',
        probe: false,
        ended: async (result: CallResult) => void results.push({ ...result, id: name }),
      }) as const,
  };
  const { deps, switches } = chainDeps(given, { breakers });
  const events: LlmStreamEvent[] = [];
  let error: unknown = null;
  try {
    const ranked = given.map((one) => ({ route: one, score: null, why: 'x' }));
    const call = {
      tenantId: DEFAULT_TENANT_ID,
      preset: 'configured',
      ranking: { ranked, excluded: [] },
      tokens: 1,
      signal: new AbortController().signal,
    };
    for await (const event of streamChain(
      deps,
      call,
      REQUEST,
      async ({ id }, _credential, request) => {
        asked.push([id, request]);
        return nextOf(streams[id]);
      },
    )) {
      events.push(event);
    }
  } catch (thrown) {
    error = thrown;
  }
  await Promise.resolve();
  return {
    events,
    error,
    switches,
    asked,
    outcomes: results.map(({ id, outcome }) => [id, outcome]),
  };
}

describe('streamChain', () => {
  it('breaks after text → a restart, then the other route from its beginning, both in the record', async () => {
    const lost = failure(FAILURE.llmUnavailable);
    const { events, error, switches, outcomes } = await collect({
      'one/a': stream([text('ha')], lost),
      'two/b': stream([text('whole'), finish]),
    });
    expect(error).toBeNull();
    expect(events.slice(0, 5)).toEqual([
      servedBy('one', 'a'),
      text('ha'),
      { kind: 'restart', why: lost.message },
      servedBy('two', 'b'),
      text('whole'),
    ]);
    const last = events.at(-1);
    const routing = last?.kind === 'finish' ? last.response.routing : null;
    expect(routing?.attempts.map((one) => [one.route, one.outcome])).toEqual([
      ['one/a', FAILURE.llmUnavailable],
      ['two/b', 'ok'],
    ]);
    expect(switches).toEqual([`one/a ${FAILURE.llmUnavailable}`]);
    expect(outcomes).toEqual([
      ['one/a', 'failed'],
      ['two/b', 'ok'],
    ]);
  });

  it('breaks after a tool call has begun → the error, nobody else is asked', async () => {
    const lost = failure(FAILURE.llmUnavailable);
    const { events, error } = await collect({
      'one/a': stream([callBegins], lost),
      'two/b': stream([finish]),
    });
    expect(events).toEqual([servedBy('one', 'a'), callBegins]);
    expect(error).toBe(lost);
  });

  it('the request itself is wrong, or no route is left → the error', async () => {
    const wrong = failure(FAILURE.llmBadRequest);
    expect((await collect({ 'one/a': stream([text('h')], wrong) })).error).toBe(wrong);
    const lost = failure(FAILURE.llmUnavailable);
    const both = await collect({
      'one/a': stream([text('h')], lost),
      'two/b': stream([text('w')], lost),
    });
    expect(both.error).toBe(lost);
    expect(both.events.map(({ kind }) => kind)).toEqual([
      'served',
      'text',
      'restart',
      'served',
      'text',
    ]);
  });

  it('goes through → its events as they are, the breaker told once at the end', async () => {
    const { events, outcomes } = await collect({ 'one/a': stream([text('whole'), finish]) });
    expect(events.map(({ kind }) => kind)).toEqual(['served', 'text', 'finish']);
    expect(outcomes).toEqual([['one/a', 'ok']]);
  });
});

describe('a target that can go on with a text', () => {
  const facts = {
    contextTokens: null,
    outputTokens: null,
    can: ['prefill'] as const,
    quality: 0.5,
  };
  const able = [route('one/a'), route('two/b', { facts })];
  const lost = failure(FAILURE.llmUnavailable);
  const rest: LlmStreamEvent = {
    kind: 'finish',
    response: { ...response, parts: [{ kind: 'text', text: 'rains.' }] },
  };

  it('breaks after text → the beginning is sent, its rest follows, the end holds the whole', async () => {
    const { events, asked, error } = await collect(
      { 'one/a': stream([text('It ')], lost), 'two/b': stream([text('rains.'), rest]) },
      able,
    );
    expect(error).toBeNull();
    expect(events.map(({ kind }) => kind)).toEqual(['served', 'text', 'served', 'text', 'finish']);
    expect(events.at(-1)).toMatchObject({
      response: {
        parts: [{ kind: 'text', text: 'It rains.' }],
        routing: { attempts: [{ outcome: FAILURE.llmUnavailable }, { outcome: 'ok' }] },
      },
    });
    // White space at its end would be refused.
    const begun = { from: 'model', parts: [{ kind: 'text', text: 'It' }] };
    expect(asked[1]).toEqual(['two/b', { ...REQUEST, messages: [...REQUEST.messages, begun] }]);
  });

  it('the model writes the white space again → it is there once', async () => {
    const again: LlmStreamEvent = {
      kind: 'finish',
      response: { ...response, parts: [{ kind: 'text', text: ' rains.' }] },
    };
    const { events } = await collect(
      { 'one/a': stream([text('It ')], lost), 'two/b': stream([text(' '), text('rains.'), again]) },
      able,
    );
    const words = events.map((event) => (event.kind === 'text' ? event.text : '')).join('');
    expect(words).toBe('It rains.');
    expect(events.at(-1)).toMatchObject({ response: { parts: [{ text: 'It rains.' }] } });
  });

  it('going on is refused → begun anew by the same route, after a restart', async () => {
    const { deps } = chainDeps(able);
    const ranked = able.map((one) => ({ route: one, score: null, why: 'x' }));
    const sent: number[] = [];
    const call = {
      tenantId: DEFAULT_TENANT_ID,
      preset: 'configured',
      ranking: { ranked, excluded: [] },
      tokens: 1,
      signal: new AbortController().signal,
    };
    const events: LlmStreamEvent[] = [];
    for await (const event of streamChain(deps, call, REQUEST, async ({ id }, _key, request) => {
      sent.push(request.messages.length);
      if (id === 'one/a') return stream([text('It ')], lost);
      if (request.messages.length > 1) throw failure(FAILURE.llmBadRequest);
      return stream([text('whole'), finish]);
    })) {
      events.push(event);
    }
    expect(events.map(({ kind }) => kind)).toEqual([
      'served',
      'text',
      'restart',
      'served',
      'text',
      'finish',
    ]);
    expect(sent).toEqual([1, 2, 1]);
  });

  it('nothing but white space came → begun anew', async () => {
    const { events } = await collect(
      { 'one/a': stream([text(' ')], lost), 'two/b': stream([text('whole'), finish]) },
      able,
    );
    expect(events.map(({ kind }) => kind)).toEqual([
      'served',
      'text',
      'restart',
      'served',
      'text',
      'finish',
    ]);
  });
});

describe('a call whose arguments are no JSON', () => {
  const broken = () => new BadToolArgs('The model called look with no JSON object', '{"a":');

  it('→ asked for once more of the same route, after a restart, with what it wrote', async () => {
    const { events, asked, error } = await collect({
      'one/a': [stream([callBegins], broken()), stream([text('whole'), finish])],
    });
    expect(error).toBeNull();
    expect(events.map(({ kind }) => kind)).toEqual([
      'served',
      'tool-call-start',
      'restart',
      'served',
      'text',
      'finish',
    ]);
    expect(asked.map(([id]) => id)).toEqual(['one/a', 'one/a']);
    expect(JSON.stringify(asked[1]?.[1].messages)).toContain('Make the call again');
  });

  it('→ the usage at the end is of both answers; where the first is not known, neither is the sum', async () => {
    const last = async (first: BadToolArgs) => {
      const seen: LlmStreamEvent = { kind: 'usage', usage };
      const { events } = await collect({
        'one/a': [stream([callBegins], first), stream([text('whole'), seen, finish])],
      });
      const [counted, ended] = events.slice(-2);
      const whole = ended?.kind === 'finish' ? ended.response.usage : null;
      expect(counted).toEqual({ kind: 'usage', usage: whole });
      return whole;
    };
    const before = { ...usage, outputTokens: 40, costUsd: 0.5 };
    expect(await last(broken().counted(before))).toMatchObject({ outputTokens: 42, costUsd: null });
    expect(await last(broken())).toMatchObject({ inputTokens: null, outputTokens: null });
  });

  it('twice → the clear error', async () => {
    const { error, asked } = await collect({
      'one/a': [stream([callBegins], broken()), stream([callBegins], broken())],
    });
    expect(error).toMatchObject({
      type: FAILURE.llmBadAnswer,
      message: expect.stringContaining('{"a":') as string,
    });
    expect(asked).toHaveLength(2);
  });
});
