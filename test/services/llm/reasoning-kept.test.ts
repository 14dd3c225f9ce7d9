// Proves that what a provider wants back of its reasoning goes back as it came, whole or streamed, to
// the same model of the same provider and to nobody else; and that a refusal of it costs no answer.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../common/json.ts';
import type { LlmMessage, LlmPart, LlmRequest } from '../../../common/llm.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import type { LlmDialectName } from '../../../services/llm/llm-provider-config.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import { startFakeAnthropic } from '../../support/fake-llm/anthropic.ts';
import type { FakeLlm, Scriptable } from '../../support/fake-llm/fake-llm-server.ts';
import { fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { startFakeGoogle } from '../../support/fake-llm/google.ts';
import { startFakeResponses } from '../../support/fake-llm/openai-responses.ts';
import { VENDORS, streamText } from '../../support/fake-llm/streams.ts';

const apiKey = 'test-key-0123456789';
type Dialect = Exclude<LlmDialectName, 'openai' | 'ollama'>;
const SERVERS: Readonly<Record<Dialect, () => Promise<FakeLlm>>> = {
  'openai-responses': () => startFakeResponses({ apiKey }),
  anthropic: () => startFakeAnthropic({ apiKey }),
  google: () => startFakeGoogle({ apiKey }),
};
/** What of the fixture must go back, in order. */
const MARKS: Readonly<Record<Dialect, readonly string[]>> = {
  'openai-responses': ['rs_68f0c1a2', 'The weather is asked for.', 'gAAAAABo8MGi'],
  anthropic: ['The weather is asked for.', 'EqQBCgIYAhIM', 'EmwKAhgBEgy3'],
  google: ['CiQBcsjafEAA'],
};
const QUESTION: LlmMessage = { from: 'user', text: 'Does it rain in Oslo?' };
const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [QUESTION],
  tools: [{ name: 'weather_now', description: 'Tells the weather.', inputSchema: {} }],
  toolChoice: 'auto',
  maxOutputTokens: 100,
  temperature: null,
};

const servers: FakeLlm[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(dialect: Dialect, ...script: readonly Scriptable[]) {
  const server = await SERVERS[dialect]();
  servers.push(server);
  server.script(...script);
  const gatewayOf = (name: string, model: string) => {
    const baseUrl = dialect === 'openai-responses' ? `${server.url}/v1` : server.url;
    return createLlmGateway({
      routes: [routeOfConfig({ name, dialect, model, apiKey, baseUrl, timeoutMs: 10_000 })],
      rules: { preset: 'configured' },
      metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
      log: pino({ level: 'silent' }),
    });
  };
  return { server, gatewayOf };
}

/** The conversation after the model's call was answered. */
function after(parts: readonly LlmPart[]): LlmRequest {
  const results = parts.flatMap((part): LlmMessage[] =>
    part.kind === 'tool-call'
      ? [{ from: 'tool', callId: part.callId, name: part.name, text: 'rain', isError: false }]
      : [],
  );
  return { ...REQUEST, messages: [QUESTION, { from: 'model', parts }, ...results] };
}

const signal = new AbortController().signal;
const refusal = (message: string): Scriptable => ({
  kind: 'answer',
  status: 400,
  body: { type: 'error', error: { type: 'invalid_request_error', message } },
});

describe.each(Object.keys(SERVERS) as Dialect[])('%s', (dialect) => {
  const found = (body: JsonValue | undefined) => {
    const text = JSON.stringify(body ?? null);
    return MARKS[dialect].filter((mark) => text.includes(mark));
  };

  it('the same model again → its reasoning comes back as it was', async () => {
    const { server, gatewayOf } = await start(dialect, fixtureAnswer(dialect, 'reasoning'));
    const gateway = gatewayOf('one', 'm');
    const { parts } = await gateway.complete(REQUEST, { signal });
    server.script(fixtureAnswer(dialect, 'text'));
    await gateway.complete(after(JSON.parse(JSON.stringify(parts)) as LlmPart[]), { signal });
    expect(found(server.journal[1]?.body)).toEqual(MARKS[dialect]);
  });

  it.each([
    ['provider', 'two', 'm'],
    ['model', 'one', 'n'],
  ])('another %s → the call without the reasoning', async (_what, name, model) => {
    const { server, gatewayOf } = await start(dialect, fixtureAnswer(dialect, 'reasoning'));
    const { parts } = await gatewayOf('one', 'm').complete(REQUEST, { signal });
    server.script(fixtureAnswer(dialect, 'text'));
    await gatewayOf(name, model).complete(after(parts), { signal });
    expect(found(server.journal[1]?.body)).toEqual([]);
    expect(JSON.stringify(server.journal[1]?.body)).toContain('weather_now');
  });
});

describe.each(['openai-responses', 'anthropic'] as const)('%s', (dialect) => {
  const refused = dialect === 'anthropic' ? 'Invalid `signature` in `thinking` block' : '';

  it('reasoning that is refused → the call once more without it', async () => {
    const { server, gatewayOf } = await start(dialect, fixtureAnswer(dialect, 'reasoning'));
    const gateway = gatewayOf('one', 'm');
    const { parts } = await gateway.complete(REQUEST, { signal });
    const words = refused || 'The encrypted_content could not be verified.';
    server.script(refusal(words), fixtureAnswer(dialect, 'text'));
    const answer = await gateway.complete(after(parts), { signal });
    expect(answer.parts.at(-1)).toEqual({ kind: 'text', text: 'It rains in Oslo.' });
    expect(JSON.stringify(server.journal[2]?.body)).not.toContain(MARKS[dialect].at(-1));
  });

  it('a refusal of something else → its error after one request', async () => {
    const { server, gatewayOf } = await start(dialect, refusal('No such parameter: thinking.'));
    await expect(gatewayOf('one', 'm').complete(REQUEST, { signal })).rejects.toMatchObject({
      type: 'Llm.BadRequest',
    });
    expect(server.journal).toHaveLength(1);
  });

  it('streamed → the same parts as whole', async () => {
    const whole = await start(dialect, fixtureAnswer(dialect, 'reasoning'));
    const expected = await whole.gatewayOf('one', 'm').complete(REQUEST, { signal });
    const frames = [...REASONING[dialect], ...VENDORS[dialect].finish('call')];
    const text = streamText(dialect, frames) + VENDORS[dialect].end;
    const { gatewayOf } = await start(dialect, { kind: 'stream', text, then: 'end' });
    const parts: LlmPart[] = [];
    for await (const event of gatewayOf('one', 'm').stream(REQUEST, { signal })) {
      if (event.kind === 'finish') parts.push(...event.response.parts);
    }
    const bare = (all: readonly LlmPart[]) => all.map((part) => ({ ...part, callId: 'any' }));
    expect(bare(parts)).toEqual(bare(expected.parts));
  });
});

const ARGS = '{"city":"Oslo","days":2}';
const [firstOfCall] = VENDORS.anthropic.call('weather_now', ARGS);
/** The fixture's answer as it streams, without its end. */
const REASONING = {
  'openai-responses': [
    { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', id: 'r' } },
    {
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index: 0,
      delta: 'The weather is asked for.',
    },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: {
        type: 'reasoning',
        id: 'rs_68f0c1a2',
        summary: [{ type: 'summary_text', text: 'The weather is asked for.' }],
        encrypted_content: 'gAAAAABo8MGi',
      },
    },
    ...VENDORS['openai-responses'].call('weather_now', ARGS),
  ],
  anthropic: [
    ...(firstOfCall === undefined ? [] : [firstOfCall]),
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    },
    ...['The weather ', 'is asked for.'].map((thinking) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking },
    })),
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'signature_delta', signature: 'EqQBCgIYAhIM' },
    },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'redacted_thinking', data: 'EmwKAhgBEgy3' },
    },
    { type: 'content_block_stop', index: 1 },
    ...VENDORS.anthropic.call('weather_now', ARGS).slice(1),
  ],
} as const;
