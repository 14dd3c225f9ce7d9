// Proves that OpenAI's own client can use the API as a Responses API: a listening server, the real
// gateway, and local servers that speak the providers' formats behind it.
import { OpenAI } from 'openai';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import { route } from '../services/llm/support.ts';
import type { FakeLlm, Scripted } from '../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer } from '../support/fake-llm/fixture.ts';
import { startFakeGoogle } from '../support/fake-llm/google.ts';
import { startFakeResponses } from '../support/fake-llm/openai-responses.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { VENDORS, streamText } from '../support/fake-llm/streams.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

const apiKey = 'vendor-key';
const SERVERS = {
  openai: startFakeOpenAi,
  'openai-responses': startFakeResponses,
  google: startFakeGoogle,
} as const;
type Dialect = keyof typeof SERVERS;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(dialect: Dialect, script: Scripted) {
  const upstream: FakeLlm = await SERVERS[dialect]({ apiKey });
  closers.push(() => upstream.close());
  upstream.script(script);
  const baseUrl = dialect === 'google' ? upstream.url : `${upstream.url}/v1`;
  const gateway = createLlmGateway({
    routes: [route('local/m', { dialect, baseUrl, apiKeys: [apiKey] })],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
  const server = createServer(fakeServices({ gateway, providers: gateway.providers }));
  closers.push(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  return { client, upstream };
}

const ask = { model: 'local/m', input: 'Does it rain in Oslo?', max_output_tokens: 100 };
const WEATHER = {
  type: 'function',
  name: 'weather_now',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
} as const;

/** A stream of the provider, whole. */
function stream(dialect: Dialect, kind: 'text' | 'call'): Scripted {
  const vendor = VENDORS[dialect];
  const frames =
    kind === 'text'
      ? vendor.text(['It ', 'rains.'])
      : vendor.call('weather_now', '{"city":"Oslo","days":2}');
  const text = streamText(dialect, [...frames, ...vendor.finish(kind)]) + vendor.end;
  return { kind: 'stream', text, then: 'end' };
}

describe('responses through the openai package', () => {
  it('a question → the answer, its usage, and who served it', async () => {
    const { client, upstream } = await serve('openai', fixtureAnswer('openai', 'text'));
    const instructions = 'Answer briefly.';
    const answer = await client.responses.create({ ...ask, instructions });
    expect(answer.output_text).toBe('It rains in Oslo.');
    expect(answer).toMatchObject({
      status: 'completed',
      usage: { input_tokens: 1180, input_tokens_details: { cached_tokens: 1024 } },
      ostinato: { servedBy: { provider: 'local', model: 'm' } },
    });
    expect(upstream.journal[0]?.body).toMatchObject({
      messages: [
        { role: 'system', content: instructions },
        { role: 'user', content: ask.input },
      ],
    });
  });

  it('an answer that was cut → incomplete, with the reason', async () => {
    const { client } = await serve('openai', fixtureAnswer('openai', 'length'));
    const answer = await client.responses.create(ask);
    expect([answer.status, answer.incomplete_details?.reason]).toEqual([
      'incomplete',
      'max_output_tokens',
    ]);
  });

  it.each(['openai-responses', 'google'] as const)(
    'a call and its result → %s gets back what it wants back',
    async (dialect) => {
      const { client, upstream } = await serve(dialect, fixtureAnswer(dialect, 'reasoning'));
      const first = await client.responses.create({ ...ask, tools: [WEATHER] });
      const call = first.output.find((item) => item.type === 'function_call');
      if (call === undefined) throw new Error('There is no call.');
      expect(JSON.parse(call.arguments)).toEqual({ city: 'Oslo', days: 2 });
      upstream.script(fixtureAnswer(dialect, 'text'));
      const output = {
        type: 'function_call_output',
        call_id: call.call_id,
        output: 'rain',
      } as const;
      const said = { role: 'user', content: ask.input } as const;
      const input = [said, ...first.output, output] as OpenAI.Responses.ResponseInput;
      const second = await client.responses.create({ ...ask, input, tools: [WEATHER] });
      expect(second.output_text).toBe('It rains in Oslo.');
      const marks = { 'openai-responses': 'gAAAAABo8MGi', google: 'CiQBcsjafEAA' };
      expect(JSON.stringify(upstream.journal[1]?.body)).toContain(marks[dialect]);
    },
  );

  it('images, a schema and a choice of tool → as the provider takes them', async () => {
    const { client, upstream } = await serve('openai', fixtureAnswer('openai', 'text'));
    const image_url = 'data:image/png;base64,iVBORw0KGgo=';
    const content = [
      { type: 'input_image', image_url, detail: 'auto' },
      { type: 'input_text', text: 'What is it?' },
    ] as const;
    const other = { ...WEATHER, name: 'other' };
    await client.responses.create({
      ...ask,
      input: [{ role: 'user', content: [...content] }],
      tools: [WEATHER, other],
      tool_choice: { type: 'function', name: 'other' },
      text: { format: { type: 'json_schema', name: 'thing', schema: { type: 'object' } } },
    });
    expect(upstream.journal[0]?.body).toMatchObject({
      messages: [{ content: [{ image_url: { url: image_url } }, { text: 'What is it?' }] }],
      tools: [{ function: { name: 'other' } }],
      tool_choice: 'required',
      response_format: { json_schema: { name: 'thing' } },
    });
  });
});

describe.each(['openai', 'openai-responses', 'google'] as const)('streams of %s', (dialect) => {
  it('text → the pieces as they came, and the client puts the response together', async () => {
    const { client } = await serve(dialect, stream(dialect, 'text'));
    const events = client.responses.stream(ask);
    const pieces: string[] = [];
    events.on('response.output_text.delta', ({ delta }) => void pieces.push(delta));
    const answer = await events.finalResponse();
    expect(pieces).toEqual(['It ', 'rains.']);
    expect(answer.output_text).toBe('It rains.');
    expect(answer.usage?.output_tokens).toBe(58);
  });

  it('a call → its arguments in pieces, then whole', async () => {
    const { client } = await serve(dialect, stream(dialect, 'call'));
    const events = client.responses.stream({ ...ask, tools: [WEATHER] });
    let json = '';
    events.on('response.function_call_arguments.delta', ({ delta }) => void (json += delta));
    const answer = await events.finalResponse();
    expect(JSON.parse(json)).toEqual({ city: 'Oslo', days: 2 });
    expect(answer.output).toMatchObject([{ type: 'function_call', name: 'weather_now' }]);
  });
});

describe('streams', () => {
  it('reasoning, then a call → items in order, numbered, with what goes back', async () => {
    const reasoning = [
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'Let me see.' },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret' },
      },
    ];
    const vendor = VENDORS['openai-responses'];
    const frames = [...reasoning, ...vendor.call('weather_now', '{}'), ...vendor.finish('call')];
    const text = streamText('openai-responses', frames);
    const { client } = await serve('openai-responses', { kind: 'stream', text, then: 'end' });
    const events = await client.responses.create({ ...ask, stream: true, tools: [WEATHER] });
    const seen: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of events) seen.push(event);
    expect(seen.map((event) => event.sequence_number)).toEqual(seen.map((_event, at) => at));
    const [first, last] = [seen[0], seen.at(-1)];
    // Who answers, and not what was asked for.
    expect(first).toMatchObject({ type: 'response.created', response: { model: 'm' } });
    if (last?.type !== 'response.completed') throw new Error(`The last event is ${last?.type}.`);
    expect(last.response.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call']);
    const done = seen.flatMap((event) =>
      event.type === 'response.output_item.done' ? [event.item] : [],
    );
    expect(done.find(({ type }) => type === 'reasoning')).toMatchObject({
      summary: [{ text: 'Let me see.' }],
      encrypted_content: expect.any(String) as string,
    });
  });

  it('a stream that breaks → its pieces, then an error with our code', async () => {
    const text = streamText('openai', VENDORS.openai.text(['It ']));
    const { client } = await serve('openai', { kind: 'stream', text, then: 'cut' });
    const events = await client.responses.create({ ...ask, stream: true });
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of events) types.push(type);
    })();
    await reading.catch((error: unknown) => types.push((error as { code: string }).code));
    expect(types).toContain('response.output_text.delta');
    expect(types.at(-1)).toMatch(/^(error|Llm\.Unavailable)$/);
  });

  it('a client that leaves in the middle → the provider is left too', async () => {
    const text = streamText('openai', VENDORS.openai.text(['It ']));
    const { client, upstream } = await serve('openai', { kind: 'stream', text, then: 'hang' });
    const events = await client.responses.create({ ...ask, stream: true });
    for await (const event of events) if (event.type === 'response.output_text.delta') break;
    await waitFor('the provider to be left', () => upstream.abandoned() === 1);
  });
});

describe('errors, as the openai package reads them', () => {
  it('a limited provider → RateLimitError, whole or streamed', async () => {
    const { client } = await serve('openai', errorFixture('openai', 'rate-limited'));
    for (const stream of [false, true]) {
      const asked = client.responses.create({ ...ask, stream });
      await expect(asked).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    }
  });

  it.each([
    ['a response to go on from', { previous_response_id: 'resp_1' }, 'nothing is stored'],
    ['a tool of the vendor’s', { tools: [{ type: 'web_search' }] }, 'only functions'],
    [
      'an output without its call',
      { input: [{ type: 'function_call_output', call_id: 'x', output: '' }] },
      '"x"',
    ],
  ])('%s → BadRequestError that says what', async (_what, changed, words) => {
    const { client } = await serve('openai', fixtureAnswer('openai', 'text'));
    const body = { ...ask, ...changed } as typeof ask;
    const error = await client.responses.create(body).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect((error as Error).message).toContain(words);
  });
});
