// Proves that OpenAI's own client can use the API by its base URL: a listening server, the real
// gateway, and a local server that speaks Chat Completions behind it.
import { OpenAI } from 'openai';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import { route } from '../services/llm/support.ts';
import type { Scripted } from '../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer } from '../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { VENDORS, streamText } from '../support/fake-llm/streams.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices } from './support/fake-services.ts';

const KEY = 'our-key-0123456789abcdef0123456789';
const vendor = VENDORS.openai;
const whole = (...frames: Parameters<typeof vendor.format>[0][]) =>
  streamText('openai', frames) + vendor.end;
const QUESTION = [{ role: 'user', content: 'Does it rain in Oslo?' }] as const;
const WEATHER = {
  type: 'function',
  function: {
    name: 'weather_now',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
} as const;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(script: Scripted, apiKey = KEY) {
  const upstream = await startFakeOpenAi({ apiKey: 'vendor-key' });
  closers.push(() => upstream.close());
  upstream.script(script);
  const log = pino({ level: 'silent' });
  const gateway = createLlmGateway({
    routes: [route('local/m', { baseUrl: `${upstream.url}/v1`, apiKeys: ['vendor-key'] })],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log,
  });
  const config = { host: '127.0.0.1', port: 0, apiKey: KEY };
  const server = createServer(fakeServices({ config, gateway, providers: gateway.providers }));
  closers.push(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  return { client, upstream };
}

const ask = { model: 'auto:balanced', messages: [...QUESTION], max_tokens: 100 };

describe('chat completions through the openai package', () => {
  it('a question → the answer, its usage, and who served it', async () => {
    const { client, upstream } = await serve(fixtureAnswer('openai', 'text'));
    const answer = await client.chat.completions.create(ask);
    expect(answer.choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'It rains in Oslo.' },
      finish_reason: 'stop',
    });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 1180,
      completion_tokens: 58,
      prompt_tokens_details: { cached_tokens: 1024 },
    });
    expect(answer).toMatchObject({ ostinato: { servedBy: { model: 'm' } } });
    expect(upstream.journal[0]?.body).toMatchObject({ model: 'm', max_tokens: 100 });
  });

  it('tools, then their results → calls with ids, and a transcript that the provider takes', async () => {
    const { client, upstream } = await serve(fixtureAnswer('openai', 'tool-call'));
    const first = await client.chat.completions.create({ ...ask, tools: [WEATHER] });
    const said = first.choices[0]?.message;
    const call = said?.tool_calls?.[0];
    if (said === undefined || call?.type !== 'function') throw new Error('There is no call.');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Oslo', days: 2 });
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    upstream.script(fixtureAnswer('openai', 'text'));
    const result = { role: 'tool', tool_call_id: call.id, content: 'rain' } as const;
    const messages = [...QUESTION, said, result];
    const second = await client.chat.completions.create({ ...ask, messages, tools: [WEATHER] });
    expect(second.choices[0]?.message.content).toBe('It rains in Oslo.');
  });

  it('an image in the request, and an answer by a schema → as the provider takes them', async () => {
    const { client, upstream } = await serve(fixtureAnswer('openai', 'text'));
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const schema = { type: 'object', properties: { rain: { type: 'boolean' } } };
    await client.chat.completions.create({
      ...ask,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Is that rain?' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'rain', schema } },
    });
    const sent = upstream.journal[0]?.body;
    expect(JSON.stringify(sent)).toContain(url);
    expect(sent).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'rain', schema } },
    });
  });

  it('a stream → the pieces as they came, then the usage', async () => {
    const text = whole(...vendor.text(['It ', 'rains.']), ...vendor.finish('text'));
    const { client } = await serve({ kind: 'stream', text, then: 'end' });
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    const models = new Set<string>();
    let usage: unknown = null;
    let finish: unknown = null;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content;
      if (piece) pieces.push(piece);
      models.add(chunk.model);
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(pieces).toEqual(['It ', 'rains.']);
    // The first one says it already: clients take it from there.
    expect([...models]).toEqual(['m']);
    expect(finish).toBe('stop');
    expect(usage).toMatchObject({ prompt_tokens: 1180, completion_tokens: 58 });
  });

  it('a tool call in a stream → the client puts it together', async () => {
    const text = whole(...vendor.call('weather_now', '{"city":"Oslo"}'), ...vendor.finish('call'));
    const { client } = await serve({ kind: 'stream', text, then: 'end' });
    const stream = client.chat.completions.stream({ ...ask, tools: [WEATHER] });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_1', function: { name: 'weather_now', arguments: '{"city":"Oslo"}' } },
    ]);
  });

  it('a stream that breaks → its pieces, then an error with our code', async () => {
    const text = streamText('openai', vendor.text(['It ']));
    const { client } = await serve({ kind: 'stream', text, then: 'cut' });
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toMatchObject({ code: 'Llm.Unavailable' });
    expect(pieces).toEqual(['It ']);
  });

  it('a client that leaves in the middle → the provider is left too', async () => {
    const text = streamText('openai', vendor.text(['It ']));
    const { client, upstream } = await serve({ kind: 'stream', text, then: 'hang' });
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await waitFor('the provider to be left', () => upstream.abandoned() === 1);
  });

  it('models → the routes', async () => {
    const { client } = await serve({ kind: 'hang' });
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['local/m']);
  });
});

describe('errors, as the openai package reads them', () => {
  it('a wrong key → AuthenticationError', async () => {
    const { client } = await serve({ kind: 'hang' }, 'wrong');
    const error = await client.chat.completions.create(ask).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it('a limited provider → RateLimitError', async () => {
    const { client } = await serve(errorFixture('openai', 'rate-limited'));
    const error = await client.chat.completions.create(ask).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'Llm.RateLimited', type: 'rate_limit_error' });
  });

  it.each([
    ['a model that is not there', { model: 'nosuch' }, 'There is no model "nosuch"'],
    ['two answers', { n: 2 }, 'only 1'],
    [
      'a result without its call',
      { messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] },
      '"x"',
    ],
    [
      'an image at an address',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
          },
        ],
      },
      'must be in the request',
    ],
  ])('%s → BadRequestError that says what', async (_what, changed, words) => {
    const { client } = await serve(fixtureAnswer('openai', 'text'));
    const body = { ...ask, ...changed } as typeof ask;
    const error = await client.chat.completions.create(body).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect((error as Error).message).toContain(words);
  });

  it('a stream refused before its first piece → its status, not a broken stream', async () => {
    const { client } = await serve(errorFixture('openai', 'rate-limited'));
    const asked = client.chat.completions.create({ ...ask, stream: true });
    await expect(asked).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });
});
