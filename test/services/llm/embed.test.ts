// Proves that the gateway embeds by every format that has embeddings, in the order of the texts, counted
// and priced; that a key or provider that fails is replaced, and a model never is.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import type { Route } from '../../../services/llm/router/route.ts';
import type {
  FakeLlm,
  JournalEntry,
  Scriptable,
  Scripted,
} from '../../support/fake-llm/fake-llm-server.ts';
import { errorFixture, fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { startFakeGoogle } from '../../support/fake-llm/google.ts';
import { startFakeOllama } from '../../support/fake-llm/ollama.ts';
import { startFakeResponses } from '../../support/fake-llm/openai-responses.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';
import { route } from './support.ts';

const apiKey = 'test-key-0123456789';
const SERVERS = {
  openai: () => startFakeOpenAi({ apiKey }),
  'openai-responses': () => startFakeResponses({ apiKey }),
  google: () => startFakeGoogle({ apiKey }),
  ollama: () => startFakeOllama({ model: 'm', contextLength: 512, capabilities: ['embedding'] }),
};
type Dialect = keyof typeof SERVERS;
const DIALECTS = Object.keys(SERVERS) as Dialect[];
const TEXTS = ['It rains in Oslo.', 'It is dry in Rome.'];
const VECTORS = [
  [0.6, 0.8, 0],
  [1, 0, 0],
];

const servers: FakeLlm[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(dialect: Dialect, ...script: readonly Scriptable[]) {
  const server = await SERVERS[dialect]();
  servers.push(server);
  server.script(...script);
  const baseUrl = dialect.startsWith('openai') ? `${server.url}/v1` : server.url;
  const at = (id: string, over: Partial<Route> = {}) =>
    route(id, { dialect, baseUrl, apiKeys: [apiKey], ...over });
  return { server, at };
}

function gatewayOf(...routes: readonly Route[]) {
  const outcomes: string[] = [];
  const gateway = createLlmGateway({
    routes,
    rules: { preset: 'balanced' },
    metrics: {
      llmCall: ({ model, outcome, usage }) =>
        void outcomes.push(`${model} ${outcome} ${usage?.inputTokens ?? '-'}`),
      llmSwitch: () => undefined,
    },
    log: pino({ level: 'silent' }),
  });
  const { signal } = new AbortController();
  const embed = (over: { texts?: string[]; dimensions?: number; model?: string } = {}) => {
    const { model, ...request } = over;
    return gateway.embed(
      { texts: TEXTS, ...request },
      { signal, ...(model === undefined ? {} : { model }) },
    );
  };
  return { gateway, embed, outcomes };
}

describe.each(DIALECTS)('%s', (dialect) => {
  it('texts → a vector each in their order, what it used, who served it', async () => {
    const { at } = await start(dialect, fixtureAnswer(dialect, 'embeddings'));
    const { embed, outcomes } = gatewayOf(at('one/m', { price: { kind: 'free' } }));
    const { vectors, usage, servedBy, routing } = await embed();
    const counted = dialect === 'google' ? null : 9;
    expect(vectors).toEqual(VECTORS);
    expect(usage).toMatchObject({ inputTokens: counted, outputTokens: 0, costUsd: 0 });
    expect(servedBy).toEqual({ provider: 'one', model: 'm' });
    expect(routing?.attempts).toMatchObject([{ route: 'one/m', outcome: 'ok' }]);
    expect(outcomes).toEqual([`m ok ${counted ?? '-'}`]);
  });

  it('dimensions → asked for; a model that makes others → Llm.BadRequest', async () => {
    const { server, at } = await start(dialect, fixtureAnswer(dialect, 'embeddings'));
    const { embed } = gatewayOf(at('one/m'));
    expect((await embed({ dimensions: 3 })).vectors).toEqual(VECTORS);
    expect(JSON.stringify(server.journal[0]?.body)).toMatch(/[dD]imension[a-z]*":3/);
    await expect(embed({ dimensions: 2 })).rejects.toMatchObject({
      type: FAILURE.llmBadRequest,
      message: expect.stringContaining('vectors of 3 numbers, and 2') as string,
    });
  });

  it('fewer vectors than texts, or none → Llm.BadAnswer', async () => {
    const answer = (body: object): Scriptable => ({
      kind: 'answer',
      status: 200,
      body: { ...body },
    });
    const { at } = await start(
      dialect,
      fixtureAnswer(dialect, 'embeddings'),
      answer({ hello: 'world' }),
    );
    const { embed } = gatewayOf(at('one/m'));
    for (const texts of [['a', 'b', 'c'], TEXTS]) {
      await expect(embed({ texts })).rejects.toMatchObject({ type: FAILURE.llmBadAnswer });
    }
  });

  it('an error of the provider → as for a chat', async () => {
    const { at } = await start(dialect, errorFixture(dialect, 'rate-limited'));
    await expect(gatewayOf(at('one/m')).embed()).rejects.toMatchObject({
      type: FAILURE.llmRateLimited,
      retry: { allowed: true },
    });
  });
});

describe('which model', () => {
  it('a provider that is ill → another one with the same model, never another model', async () => {
    const ill = await start('openai', errorFixture('openai', 'server-error'));
    const well = await start('openai', fixtureAnswer('openai', 'embeddings'));
    const both = gatewayOf(ill.at('one/m'), well.at('two/n'), well.at('three/m'));
    expect((await both.embed()).servedBy).toEqual({ provider: 'three', model: 'm' });
    const alone = gatewayOf(ill.at('one/m'), well.at('two/n'));
    await expect(alone.embed()).rejects.toMatchObject({ type: FAILURE.llmUnavailable });
  });

  it('no name → the first that makes embeddings; chats are not sent to it', async () => {
    const { at } = await start('openai', fixtureAnswer('openai', 'embeddings'));
    const routes = [at('one/gpt-5'), at('one/text-embedding-3-small')];
    const { embed, gateway } = gatewayOf(...routes);
    expect((await embed()).servedBy.model).toBe('text-embedding-3-small');
    const { signal } = new AbortController();
    const ask = {
      role: 'worker',
      messages: [{ from: 'user', text: 'hi' }],
      tools: [],
      toolChoice: 'none',
      maxOutputTokens: 10,
      temperature: null,
    } as const;
    const asked = gateway.complete(ask, { signal, model: 'text-embedding-3-small' });
    await expect(asked).rejects.toThrow('makes embeddings only');
  });

  it('Anthropic, which has none → Llm.BadRequest that says so', async () => {
    const anthropic = route('anthropic/new-model', { dialect: 'anthropic' });
    await expect(gatewayOf(anthropic).embed()).rejects.toMatchObject({
      type: FAILURE.llmBadRequest,
      message: expect.stringContaining('has no embeddings') as string,
    });
  });

  it.each([
    [{ model: 'auto:cheap' }, 'Name a model'],
    [{ model: 'nosuch' }, 'There is no model "nosuch"'],
    [{ texts: [] }, 'received 0'],
  ])('%j → BadInput', async (over, words) => {
    const { at } = await start('openai', fixtureAnswer('openai', 'embeddings'));
    await expect(gatewayOf(at('one/m')).embed(over)).rejects.toMatchObject({
      type: FAILURE.badInput,
      message: expect.stringContaining(words) as string,
    });
  });

  it('a key at its limit → Llm.RateLimited, and nothing is sent', async () => {
    const { at, server } = await start('openai', fixtureAnswer('openai', 'embeddings'));
    const limits = { requestsPerMinute: 1, tokensPerMinute: null };
    const { embed } = gatewayOf(at('one/m', { limits }));
    await embed();
    await expect(embed()).rejects.toMatchObject({ type: FAILURE.llmRateLimited });
    expect(server.journal).toHaveLength(1);
  });
});

it('more texts than Gemini takes at once → several requests, one answer', async () => {
  const answer = ({ body }: JournalEntry): Scripted => {
    const { requests } = body as { requests: unknown[] };
    const embeddings = requests.map((_each, at) => ({ values: [at] }));
    return { kind: 'answer', status: 200, body: { embeddings } };
  };
  const { at, server } = await start('google', answer);
  const texts = Array.from({ length: 250 }, (_each, index) => `text ${index}`);
  const { vectors } = await gatewayOf(at('one/m')).embed({ texts });
  expect(vectors.map(([value]) => value)).toEqual(texts.map((_text, index) => index % 100));
  expect(server.journal).toHaveLength(3);
});
