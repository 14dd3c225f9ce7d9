// What every dialect of the model gateway must do, whatever its wire format. Each case talks through
// the whole gateway and the vendor's SDK to a local server that speaks the vendor's format, is as
// strict as the vendor about requests, answers from fixtures and keeps a journal.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { addUsage } from '../../common/add-usage.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmMessage, LlmRequest, LlmResponse, LlmUsage } from '../../common/llm.ts';
import { isServiceError } from '../../services/errors.ts';
import type { ServiceError } from '../../services/errors.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import { routeOfConfig } from '../../services/llm/router/route-of-config.ts';
import type { LlmDialectName, LlmProviderConfig } from '../../services/llm/llm-provider-config.ts';
import type { FakeLlm, Scripted } from '../support/fake-llm/fake-llm-server.ts';
import {
  errorFixture,
  fixtureAnswer,
  fixtureBody,
  hasFixture,
} from '../support/fake-llm/fixture.ts';
import { VENDORS, streamText } from '../support/fake-llm/streams.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import { waitFor } from '../support/wait-for.ts';

export interface DialectUnderTest {
  readonly dialect: LlmDialectName;
  startServer(): Promise<FakeLlm>;
  config(url: string): LlmProviderConfig;
  /** The vendor's body for an error that has no fixture of its own. */
  errorBody(message: string): JsonValue;
  /** What `text.json` says it used. */
  readonly usage: LlmUsage;
  /** The vendor's words in `finish.raw`. */
  readonly raw: { readonly text: string; readonly toolCall: string; readonly length: string };
  /** Reads a request back from the wire. */
  sent(body: JsonValue): {
    readonly system: string;
    readonly toolNames: readonly string[];
    readonly toolChoice: 'auto' | 'required' | 'none' | 'not sent';
    readonly maxOutputTokens: number;
    readonly temperature: number | 'not sent';
    /** `call:name`, `result:name or id:text`, or the text, in order. */
    readonly turns: readonly string[];
  };
  /** Cases that cannot be, with the reason. */
  readonly exempt: Readonly<Record<string, string>>;
}

const WEATHER: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { city: { type: 'string', minLength: 1 }, days: { type: 'integer', default: 1 } },
  required: ['city'],
  additionalProperties: false,
};

const REQUEST: LlmRequest = {
  role: 'planner',
  messages: [
    { from: 'system', text: 'Answer briefly.' },
    { from: 'user', text: 'Does it rain in Oslo?' },
  ],
  tools: [
    { name: 'weather_now', description: 'Tells the weather.', inputSchema: WEATHER },
    { name: 'ping', description: 'Answers.', inputSchema: {} },
  ],
  toolChoice: 'auto',
  maxOutputTokens: 512,
  temperature: null,
};

interface Outcome {
  readonly outcome: string;
  readonly usage: LlmUsage | null;
}

export function describeLlmDialect(under: DialectUnderTest): void {
  const { dialect } = under;
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function start(...script: readonly Scripted[]) {
    const server = await under.startServer();
    closers.push(() => server.close());
    server.script(...script);
    return { server, ...gatewayAt(under.config(server.url)) };
  }

  function gatewayAt(config: LlmProviderConfig, apiKeys?: readonly string[]) {
    const outcomes: Outcome[] = [];
    const route = routeOfConfig(config);
    const gateway = createLlmGateway({
      routes: [{ ...route, apiKeys: apiKeys ?? route.apiKeys }],
      rules: { preset: 'configured' },
      metrics: {
        llmCall: ({ outcome, usage }) => void outcomes.push({ outcome, usage }),
        llmSwitch: () => undefined,
      },
      log: pino({ level: 'silent' }),
    });
    const complete = (request: Partial<LlmRequest> = {}, signal = new AbortController().signal) =>
      gateway.complete({ ...REQUEST, ...request }, { signal });
    return { gateway, complete, outcomes };
  }

  async function failure(answer: Promise<LlmResponse>): Promise<ServiceError> {
    const error = await answer.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!isServiceError(error)) throw new Error('Expected a ServiceError.', { cause: error });
    return error;
  }

  const cases = new Set<string>();
  /** Whether the dialect is exempt from the case; asked of every case while they are registered. */
  function isExempt(name: string): boolean {
    cases.add(name);
    return under.exempt[name] !== undefined;
  }
  /** Registers the case unless the dialect is exempt from it. */
  function itUnless(name: string, title: string, run: () => Promise<void>): void {
    if (!isExempt(name)) it(title, run);
  }

  describe(`${dialect}: answers`, () => {
    it('text answer → one text part, stop, usage apart by kind, who served it', async () => {
      const { complete, outcomes } = await start(fixtureAnswer(dialect, 'text'));
      const { model } = under.config('http://127.0.0.1');
      const { parts, ...rest } = await complete();
      expect({ parts: spoken(parts), ...rest }).toEqual({
        parts: [{ kind: 'text', text: 'It rains in Oslo.' }],
        finish: { unified: 'stop', raw: under.raw.text },
        usage: under.usage,
        servedBy: { provider: dialect, model },
        routing: {
          preset: 'configured',
          attempts: [
            {
              route: `${dialect}/${model}`,
              outcome: 'ok',
              why: 'in the order configured',
              durationMs: expect.any(Number),
            },
          ],
          excluded: [],
        },
      });
      expect(outcomes).toEqual([{ outcome: 'ok', usage: under.usage }]);
    });

    it('answer without usage → null, not 0', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'no-usage'));
      expect((await complete()).usage).toEqual({
        inputTokens: null,
        cacheReadTokens: null,
        cacheWriteTokens: null,
        outputTokens: null,
        reasoningTokens: null,
        costUsd: under.usage.costUsd,
      });
    });

    it('tool call → its name and arguments, finish tool-calls', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'tool-call'));
      const { parts, finish } = await complete();
      expect(parts).toMatchObject([
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Oslo', days: 2 } },
      ]);
      expect(finish).toEqual({ unified: 'tool-calls', raw: under.raw.toolCall });
    });

    it('three calls in one turn → three parts in order with different ids, no arguments → {}', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'parallel-tool-calls'));
      const { parts } = await complete();
      expect(parts).toMatchObject([
        { kind: 'text', text: 'Both at once.' },
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Oslo' } },
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Rome' } },
        { kind: 'tool-call', name: 'ping', args: {} },
      ]);
      const ids = parts.flatMap((part) => (part.kind === 'tool-call' ? [part.callId] : []));
      expect(new Set(ids).size).toBe(3);
    });

    it('answer cut by the token limit → finish length, the text kept', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'length'));
      const { parts, finish } = await complete();
      expect(parts).toEqual([{ kind: 'text', text: 'It rains in' }]);
      expect(finish).toEqual({ unified: 'length', raw: under.raw.length });
    });

    itUnless('refusal', 'refusal → finish refusal, no error', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'refusal'));
      expect((await complete()).finish.unified).toBe('refusal');
    });
  });

  describe(`${dialect}: requests`, () => {
    it('request → system, tools, choice and limit as the server reads them', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ toolChoice: 'auto' });
      const sent = under.sent(server.journal[0]?.body ?? null);
      expect(sent).toMatchObject({
        system: 'Answer briefly.',
        toolNames: ['weather_now', 'ping'],
        maxOutputTokens: 512,
        temperature: 'not sent',
        turns: ['Does it rain in Oslo?'],
      });
    });

    it('same request twice → the same bytes, so that prompt caches hold', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete();
      await complete();
      expect(JSON.stringify(server.journal[1]?.body)).toBe(JSON.stringify(server.journal[0]?.body));
    });

    for (const choice of ['auto', 'required', 'none'] as const) {
      const hasField = !isExempt(`tool-choice-${choice}`);
      it(`tool choice ${choice} → as the format says it`, async () => {
        const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
        await complete({ toolChoice: choice });
        const { toolChoice, toolNames } = under.sent(server.journal[0]?.body ?? null);
        if (hasField) expect(toolChoice).toBe(choice);
        else if (choice === 'none') expect(toolNames).toEqual([]);
        else expect(toolChoice).toBe('not sent');
      });
    }

    it('no tools → none sent, and no choice', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ tools: [], toolChoice: 'required' });
      const { toolNames, toolChoice } = under.sent(server.journal[0]?.body ?? null);
      expect({ toolNames, toolChoice }).toEqual({ toolNames: [], toolChoice: 'not sent' });
    });

    itUnless('temperature', 'temperature → sent', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ temperature: 0.2 });
      expect(under.sent(server.journal[0]?.body ?? null).temperature).toBe(0.2);
    });

    it('calls and their results given back → a transcript the server takes', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'parallel-tool-calls'));
      const { parts } = await complete();
      const results = parts.flatMap((part, index): LlmMessage[] =>
        part.kind === 'tool-call'
          ? [
              {
                from: 'tool',
                callId: part.callId,
                name: part.name,
                text: `r${index}`,
                isError: index === 3,
              },
            ]
          : [],
      );
      server.script(fixtureAnswer(dialect, 'text'));
      await complete({ messages: [...REQUEST.messages, { from: 'model', parts }, ...results] });
      expect(under.sent(server.journal[1]?.body ?? null).turns).toEqual([
        'Does it rain in Oslo?',
        'Both at once.',
        'call:weather_now',
        'call:weather_now',
        'call:ping',
        expect.stringMatching(/r1$/),
        expect.stringMatching(/r2$/),
        expect.stringMatching(/r3$/),
      ]);
    });

    it('transcript of another provider, one call without result → taken, the gap filled', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      const call = (callId: string, name: string) =>
        ({
          kind: 'tool-call',
          callId,
          name,
          args: { city: 'Oslo' },
          opaque: { dialect: 'else', data: 'x' },
        }) as const;
      await complete({
        messages: [
          ...REQUEST.messages,
          { from: 'model', parts: [call('a:1', 'weather_now'), call('a:2', 'ping')] },
          { from: 'tool', callId: 'a:1', name: 'weather_now', text: 'rain', isError: false },
          { from: 'user', text: 'And now?' },
        ],
      });
      const { turns } = under.sent(server.journal[0]?.body ?? null);
      expect(turns).toEqual([
        'Does it rain in Oslo?',
        'call:weather_now',
        'call:ping',
        expect.stringMatching(/rain$/),
        expect.stringContaining('interrupted'),
        'And now?',
      ]);
    });
  });

  describe(`${dialect}: errors`, () => {
    const kinds = [
      ['bad-request', FAILURE.llmBadRequest, false],
      ['unauthorized', FAILURE.llmAuthentication, false],
      ['forbidden', FAILURE.llmAuthentication, false],
      ['model-not-found', FAILURE.llmBadRequest, false],
      ['quota', FAILURE.llmQuotaExceeded, false],
      ['rate-limited', FAILURE.llmRateLimited, true],
      ['context-too-long', FAILURE.llmContextTooLong, false],
      ['server-error', FAILURE.llmUnavailable, true],
      ['overloaded', FAILURE.llmUnavailable, true],
    ] as const;
    for (const [kind, type, allowed] of kinds) {
      itUnless(kind, `${kind} as the vendor words it → ${type}`, async () => {
        const { complete, server, outcomes } = await start(errorFixture(dialect, kind));
        const error = await failure(complete());
        expect({ type: error.type, allowed: error.retry.allowed }).toEqual({ type, allowed });
        expect(error.message).toContain(dialect);
        expect(error.message).toContain(wordsOf(fixtureBody(dialect, `error-${kind}`)));
        expect(server.journal).toHaveLength(1);
        expect(outcomes).toEqual([{ outcome: type, usage: null }]);
      });
    }

    const statuses = [
      [402, FAILURE.llmQuotaExceeded, false],
      [408, FAILURE.llmTimeout, true],
      [409, FAILURE.llmUnavailable, true],
      [413, FAILURE.llmContextTooLong, false],
      [418, FAILURE.llmBadRequest, false],
      [422, FAILURE.llmBadRequest, false],
      [429, FAILURE.llmRateLimited, true],
      [500, FAILURE.llmUnavailable, true],
      [502, FAILURE.llmUnavailable, true],
      [503, FAILURE.llmUnavailable, true],
      [504, FAILURE.llmUnavailable, true],
      [529, FAILURE.llmUnavailable, true],
    ] as const;
    it.each(statuses)('status %i → %s, and one request only', async (status, type, allowed) => {
      const body = under.errorBody('It did not work.');
      const { complete, server } = await start({ kind: 'answer', status, body });
      const error = await failure(complete());
      expect({ type: error.type, ...error.retry }).toEqual({ type, allowed, afterMs: null });
      expect(error.message).toContain(`${status}: It did not work.`);
      expect(server.journal).toHaveLength(1);
    });

    const inAMinute = () => new Date(Date.now() + 30_000).toUTCString();
    const forms: readonly (readonly [
      string,
      () => Record<string, string>,
      readonly [number, number] | null,
    ])[] = [
      ['retry-after-ms', () => ({ 'retry-after-ms': '1500' }), [1500, 1500]],
      ['retry-after in seconds', () => ({ 'retry-after': '7' }), [7000, 7000]],
      ['both', () => ({ 'retry-after-ms': '1500', 'retry-after': '7' }), [1500, 1500]],
      ['retry-after as a date', () => ({ 'retry-after': inAMinute() }), [25_000, 30_000]],
      ['a date in the past', () => ({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }), [0, 0]],
      ['an hour', () => ({ 'retry-after': '3600' }), [60_000, 60_000]],
      ['a number beyond all bounds', () => ({ 'retry-after': '9'.repeat(400) }), [60_000, 60_000]],
      ['nonsense', () => ({ 'retry-after': 'soon' }), null],
      ['nonsense with a number', () => ({ 'retry-after': 'wait 5' }), null],
      ['a negative number', () => ({ 'retry-after': '-5' }), null],
      ['the reset of a limit', () => ({ 'x-ratelimit-reset-tokens': '6.5s' }), [6500, 6500]],
      [
        'the reset of a limit as a moment',
        () => ({
          'anthropic-ratelimit-tokens-reset': new Date(Date.now() + 30_000).toISOString(),
        }),
        [25_000, 30_000],
      ],
    ];
    it.each([408, 409, 500, 503, 529])('%i with retry-after → the wait', async (status) => {
      const body = under.errorBody('Not now.');
      const headers = { 'retry-after': '7' };
      const { complete } = await start({ kind: 'answer', status, headers, body });
      expect((await failure(complete())).retry).toEqual({ allowed: true, afterMs: 7000 });
    });

    it('429 with a wait in the body (RetryInfo) → the wait', async () => {
      const retryInfo = {
        '@type': 'type.googleapis.com/google.rpc.RetryInfo',
        retryDelay: '34.5s',
      };
      const body = { error: { message: 'Slow down.', details: [retryInfo] } };
      const { complete } = await start({ kind: 'answer', status: 429, body });
      expect((await failure(complete())).retry).toEqual({ allowed: true, afterMs: 34_500 });
    });

    it.each([400, 401, 402, 403, 404, 413, 422])(
      '%i with retry-after → not retried all the same',
      async (status) => {
        const body = under.errorBody('No.');
        const headers = { 'retry-after': '7' };
        const { complete } = await start({ kind: 'answer', status, headers, body });
        expect((await failure(complete())).retry).toEqual({ allowed: false, afterMs: null });
      },
    );

    it.each(forms)('429 with %s → the wait, at most 60 s', async (_form, headers, expected) => {
      const body = under.errorBody('Slow down.');
      const { complete } = await start({ kind: 'answer', status: 429, headers: headers(), body });
      const { afterMs } = (await failure(complete())).retry;
      if (expected === null) expect(afterMs).toBeNull();
      else {
        expect(afterMs).toBeGreaterThanOrEqual(expected[0]);
        expect(afterMs).toBeLessThanOrEqual(expected[1]);
      }
    });

    itUnless(
      'keys',
      'two keys of which one is bad → the other serves, the bad one is out',
      async () => {
        const server = await under.startServer();
        closers.push(() => server.close());
        server.script(fixtureAnswer(dialect, 'text'));
        const config = under.config(server.url);
        const { complete } = gatewayAt(config, ['a-bad-key-9876543210', config.apiKey ?? '']);
        expect((await complete()).routing?.attempts.map(({ outcome }) => outcome)).toEqual([
          FAILURE.llmAuthentication,
          'ok',
        ]);
        expect((await complete()).routing?.attempts.map(({ outcome }) => outcome)).toEqual(['ok']);
        expect(server.journal).toHaveLength(3);
      },
    );

    it('error page of a proxy that says "timed out" → still the status it has', async () => {
      const page = '<html><h1>502</h1>upstream request timed out</html>';
      const headers = { 'content-type': 'text/html' };
      const { complete } = await start({ kind: 'answer', status: 502, headers, body: page });
      const error = await failure(complete());
      expect(error.type).toBe(FAILURE.llmUnavailable);
      expect(error.message).toContain('upstream request timed out');
    });

    const keepsBrokenText = !isExempt('bad-tool-arguments-text');
    it('broken tool arguments twice → Llm.BadAnswer with the text', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'bad-tool-arguments'));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmBadAnswer, retry: { allowed: false } });
      if (keepsBrokenText) expect(error.message).toContain('{"city": "Oslo", "days": ');
      expect(server.journal).toHaveLength(2);
    });

    it('broken tool arguments, then a good call → the good one, after one request more; both are paid for', async () => {
      const { complete, server } = await start(
        fixtureAnswer(dialect, 'bad-tool-arguments'),
        fixtureAnswer(dialect, 'tool-call'),
      );
      const { parts, usage } = await complete();
      expect(spoken(parts)).toMatchObject([{ kind: 'tool-call', args: { city: 'Oslo', days: 2 } }]);
      expect(server.journal).toHaveLength(2);
      expect(JSON.stringify(server.journal[1]?.body)).toContain('Make the call again');
      const alone = await start(fixtureAnswer(dialect, 'tool-call'));
      const { usage: once } = await alone.complete();
      expect(once.outputTokens).toBe(58);
      expect(usage).toEqual(addUsage(once, once));
    });

    it('answer with nothing in it → Llm.BadAnswer', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'empty'));
      expect((await failure(complete())).type).toBe(FAILURE.llmBadAnswer);
    });

    const strange: readonly (readonly [string, JsonValue | string])[] = [
      ['an HTML page', '<html>Log in</html>'],
      ['half of a JSON text', '{"choices": [{"mess'],
      ['JSON of another form', { hello: 'world' }],
      ['an empty body', ''],
      ['a JSON number', 7],
    ];
    it.each(strange)('200 with %s → Llm.BadAnswer', async (_what, body) => {
      const { complete } = await start({ kind: 'answer', status: 200, body });
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmBadAnswer, retry: { allowed: false } });
    });
  });

  describe(`${dialect}: connections`, () => {
    it('nobody listens → Llm.Unavailable, may be retried, names the code', async () => {
      const { complete } = gatewayAt(under.config(`http://127.0.0.1:${await freePort()}`));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: true } });
      expect(error.message).toContain('ECONNREFUSED');
    });

    it('TLS to a port that speaks none → Llm.Unavailable, not retried', async () => {
      const { server } = await start({ kind: 'hang' });
      const { complete } = gatewayAt(under.config(server.url.replace('http:', 'https:')));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: false } });
    });

    it('certificate that nobody vouches for → Llm.Unavailable, not retried, with the remedy', async () => {
      const server = createTlsServer(selfSigned()).listen(0, '127.0.0.1');
      closers.push(async () => void (await new Promise((resolve) => server.close(resolve))));
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { complete } = gatewayAt(under.config(`https://127.0.0.1:${port}`));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: false } });
      expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    });

    it.each(['reset', 'cut'] as const)(
      'connection %s → Llm.Unavailable, may be retried',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { complete, server } = await start(kind === 'cut' ? { kind, body } : { kind });
        const error = await failure(complete());
        expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: true } });
        expect(server.journal).toHaveLength(1);
      },
    );

    it.each(['hang', 'stall'] as const)(
      'server that does %s → Llm.Timeout, the socket closed',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { server } = await start(kind === 'stall' ? { kind, body } : { kind });
        const { complete } = gatewayAt({ ...under.config(server.url), timeoutMs: 300 });
        const error = await failure(complete());
        expect(error).toMatchObject({ type: FAILURE.llmTimeout, retry: { allowed: true } });
        expect(error.message).toContain('300 ms');
        await waitFor('the socket to close', () => server.abandoned() === 1);
      },
    );

    it.each(['hang', 'stall'] as const)(
      'cancelled during %s → the reason itself, the socket closed',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { complete, server, outcomes } = await start(
          kind === 'stall' ? { kind, body } : { kind },
        );
        const controller = new AbortController();
        const reason = new Error('The run was cancelled.');
        const answer = complete({}, controller.signal);
        await waitFor('the request', () => server.journal.length === 1);
        controller.abort(reason);
        await expect(answer).rejects.toBe(reason);
        await waitFor('the socket to close', () => server.abandoned() === 1);
        expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
      },
    );

    it('cancelled before → the reason, and no request', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      const reason = new Error('The run was cancelled.');
      await expect(complete({}, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(server.journal).toHaveLength(0);
    });

    it('16 calls at once, one of them cancelled → the others answer', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'text'));
      const controller = new AbortController();
      const calls = Array.from({ length: 16 }, (_, index) =>
        complete({}, index === 3 ? controller.signal : new AbortController().signal),
      );
      controller.abort(new Error('not this one'));
      const ended = await Promise.allSettled(calls);
      expect(ended.map(({ status }) => status === 'fulfilled')).toEqual(
        ended.map((_, index) => index !== 3),
      );
    });
  });

  describe(`${dialect}: streams`, () => {
    const vendor = VENDORS[dialect];
    const beginning = streamText(dialect, vendor.text(['It rains ', 'in Oslo.']));
    const whole = beginning + streamText(dialect, vendor.finish('text')) + vendor.end;
    async function open(text: string, then: 'end' | 'hang' | 'cut', timeoutMs = 20_000) {
      const server = await under.startServer();
      closers.push(() => server.close());
      server.script({ kind: 'stream', text, then });
      const { gateway, outcomes } = gatewayAt({ ...under.config(server.url), timeoutMs });
      const controller = new AbortController();
      const events = gateway.stream(REQUEST, { signal: controller.signal });
      return { server, events, controller, outcomes };
    }
    async function read(events: AsyncIterable<LlmStreamEvent>) {
      const seen: LlmStreamEvent[] = [];
      for await (const event of events) seen.push(event);
      return seen;
    }

    it('text stream → deltas, then the answer that a whole one gives', async () => {
      const { events, outcomes } = await open(whole, 'end');
      const seen = await read(events);
      const texts = seen.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
      expect(texts).toEqual(['It rains ', 'in Oslo.']);
      const { complete } = await start(fixtureAnswer(dialect, 'text'));
      const { routing, parts, ...expected } = await complete();
      expect(routing?.attempts).toHaveLength(1);
      const response = { ...expected, parts: spoken(parts) };
      expect(seen.at(-1)).toMatchObject({ kind: 'finish', response });
      expect(outcomes).toMatchObject([{ outcome: 'ok', usage: expected.usage }]);
    });

    it('error status → the same error as without streaming', async () => {
      const { gateway } = await start(errorFixture(dialect, 'rate-limited'));
      const events = gateway.stream(REQUEST, { signal: new AbortController().signal });
      const error = await read(events).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ type: FAILURE.llmRateLimited, retry: { allowed: true } });
    });

    // A frame up to its text.
    const half = streamText(dialect, vendor.text(['❄'])).split('❄')[0] ?? '';
    it.each([
      ['cut', 'a stream', beginning],
      ['end', 'a stream', beginning],
      ['cut', 'a frame', beginning + half],
      ['end', 'a frame', beginning + half],
    ] as const)(
      'connection that does %s in the middle of %s → the text so far, then Llm.Unavailable',
      async (then, _where, written) => {
        const { events } = await open(written, then);
        let text = '';
        const reading = (async () => {
          for await (const event of events) if (event.kind === 'text') text += event.text;
        })();
        await expect(reading).rejects.toMatchObject({
          type: FAILURE.llmUnavailable,
          retry: { allowed: true },
        });
        expect(text).toBe('It rains in Oslo.');
      },
    );

    it('silence in the middle → Llm.Timeout, the socket closed', async () => {
      const { events, server } = await open(beginning, 'hang', 300);
      const error = await read(events).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ type: FAILURE.llmTimeout });
      await waitFor('the socket to close', () => server.abandoned() === 1);
    });

    it('cancelled in the middle → the reason itself, the socket closed', async () => {
      const { events, server, controller, outcomes } = await open(beginning, 'hang');
      const reason = new Error('The run was cancelled.');
      const reading = (async () => {
        for await (const event of events) if (event.kind === 'text') controller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
      await waitFor('the socket to close', () => server.abandoned() === 1);
      expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
    });

    it('reader that leaves → the socket closed', async () => {
      const { events, server, outcomes } = await open(beginning, 'hang');
      for await (const event of events) if (event.kind === 'text') break;
      await waitFor('the socket to close', () => server.abandoned() === 1);
      expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
    });
  });

  const hasStopWords = !isExempt('stop-words');
  it(`${dialect}: image, schema and stop words → a request that the server takes`, async () => {
    const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
    const image = { mediaType: 'image/png', data: 'iVBORw0KGgo=' };
    await complete({
      messages: [{ from: 'user', text: 'What is it?', images: [image] }],
      output: { name: 'thing', schema: { type: 'object', properties: {} } },
      stop: ['END'],
      cacheKey: 'default:thing',
    });
    const sent = JSON.stringify(server.journal[0]?.body);
    const stop = hasStopWords ? ['END'] : [];
    for (const part of [image.data, '"type":"object"', ...stop]) expect(sent).toContain(part);
  });

  const named = ['quota', 'context-too-long'].filter((kind) => !isExempt(kind));
  it(`${dialect}: fixtures → every case that is not exempt has one`, () => {
    for (const kind of named) expect(hasFixture(dialect, `error-${kind}`)).toBe(true);
  });

  it(`${dialect}: exemptions → each is of a case that there is, and says why`, () => {
    for (const [name, why] of Object.entries(under.exempt)) {
      expect(cases).toContain(name);
      expect(why).toMatch(/\w+ \w+ \w+/);
    }
  });
}

/** Some fixtures hold reasoning too; what is kept of it has a suite of its own. */
function spoken(parts: LlmResponse['parts']): LlmResponse['parts'] {
  return parts.filter(({ kind }) => kind !== 'reasoning');
}

/** The vendor's sentence inside an error fixture. */
function wordsOf(fixture: JsonValue): string {
  const { error } = (fixture as { body: { error: string | { message: string } } }).body;
  return typeof error === 'string' ? error.replace(/\s+/g, ' ') : error.message.slice(0, 60);
}
