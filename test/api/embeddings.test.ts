// Proves that OpenAI's own client gets embeddings by the API's base URL: a listening server, the real
// gateway, and a local provider behind it.
import { OpenAI } from 'openai';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { createLlmGateway } from '../../services/llm/gateway.ts';
import { route } from '../services/llm/support.ts';
import type { Scripted } from '../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer } from '../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { fakeServices } from './support/fake-services.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(script: Scripted) {
  const upstream = await startFakeOpenAi({ apiKey: 'vendor-key' });
  closers.push(() => upstream.close());
  upstream.script(script);
  const gateway = createLlmGateway({
    routes: [route('local/m', { baseUrl: `${upstream.url}/v1`, apiKeys: ['vendor-key'] })],
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    log: pino({ level: 'silent' }),
  });
  const server = createServer(fakeServices({ gateway, providers: gateway.providers }));
  closers.push(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  return { client, upstream, url };
}

const ask = { model: 'm', input: ['It rains in Oslo.', 'It is dry in Rome.'] };

describe('embeddings through the openai package', () => {
  // By itself the client asks for Base64 and decodes it.
  it.each([undefined, 'float', 'base64'] as const)(
    'encoding %s → the vectors',
    async (encoding) => {
      const { client } = await serve(fixtureAnswer('openai', 'embeddings'));
      const encoding_format = encoding === undefined ? {} : { encoding_format: encoding };
      const answer = await client.embeddings.create({ ...ask, ...encoding_format });
      const vectors = answer.data.map(({ embedding }) =>
        typeof embedding === 'string' ? floats(embedding) : [...embedding],
      );
      for (const [at, expected] of [
        [0.6, 0.8, 0],
        [1, 0, 0],
      ].entries()) {
        for (const [index, value] of expected.entries()) {
          expect(vectors[at]?.[index]).toBeCloseTo(value, 6);
        }
      }
      expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
      expect(answer.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
    },
  );

  it('dimensions → as the provider takes them', async () => {
    const { client, upstream } = await serve(fixtureAnswer('openai', 'embeddings'));
    await client.embeddings.create({ ...ask, dimensions: 3 });
    expect(upstream.journal[0]?.body).toMatchObject({ input: ask.input, dimensions: 3 });
  });

  it('a limited provider → RateLimitError', async () => {
    const { client } = await serve(errorFixture('openai', 'rate-limited'));
    await expect(client.embeddings.create(ask)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });

  it.each([
    ['no texts', { input: [] }],
    ['token numbers', { input: [[1, 2]] }],
    ['a preset', { model: 'auto:cheap' }],
    ['a model that is not there', { model: 'nosuch' }],
  ])('%s → BadRequestError', async (_what, changed) => {
    const { client } = await serve(fixtureAnswer('openai', 'embeddings'));
    const body = { ...ask, ...changed } as typeof ask;
    await expect(client.embeddings.create(body)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});

function floats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_each, at) => bytes.readFloatLE(4 * at));
}
