// Which providers a machine has, from its environment and a fake network that holds one Ollama.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { findProviders } from '../../../services/llm/find-providers.ts';

interface FakeModel {
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** A network in which only this Ollama answers, and a journal of who was asked. */
function network(url: string | null, models: readonly FakeModel[] = []) {
  const asked: string[] = [];
  const fetch = (async (input: string, init?: RequestInit) => {
    asked.push(input);
    if (url === null || !input.startsWith(`${url}/`)) throw new TypeError('fetch failed');
    if (input.endsWith('/api/tags')) return Response.json({ models });
    const { model } = JSON.parse(String(init?.body)) as { model: string };
    return Response.json({ capabilities: models.find(({ name }) => name === model)?.capabilities });
  }) as typeof globalThis.fetch;
  return { fetch, asked };
}

const LOCAL = 'http://127.0.0.1:11434';
const CHAT = { name: 'llama3.2:latest', capabilities: ['completion', 'tools'] };
const EMBEDDER = { name: 'nomic-embed-text:latest', capabilities: ['embedding'] };

describe('findProviders', () => {
  it('nothing set, no Ollama → no provider', async () => {
    expect(await findProviders({}, network(null))).toEqual([]);
  });

  it('three keys → three providers, openai first, with the models they default to', async () => {
    const env = { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g' };
    const found = await findProviders(env, network(null));
    const seen = found.map(({ name, dialect, apiKey, baseUrl }) => ({
      name,
      dialect,
      apiKey,
      baseUrl,
    }));
    expect(seen).toEqual([
      { name: 'openai', dialect: 'openai-responses', apiKey: 'o', baseUrl: null },
      { name: 'anthropic', dialect: 'anthropic', apiKey: 'a', baseUrl: null },
      { name: 'google', dialect: 'google', apiKey: 'g', baseUrl: null },
    ]);
    expect(found.every(({ model }) => model.length > 0)).toBe(true);
  });

  it('OSTINATO_PROVIDER and OSTINATO_MODEL → that provider first, with that model only there', async () => {
    const env = {
      OPENAI_API_KEY: 'o',
      ANTHROPIC_API_KEY: 'a',
      OSTINATO_PROVIDER: 'Anthropic',
      OSTINATO_MODEL: 'claude-opus-5',
    };
    const [first, second] = await findProviders(env, network(null));
    expect(first).toMatchObject({ dialect: 'anthropic', model: 'claude-opus-5' });
    expect(second).toMatchObject({ name: 'openai' });
    expect(second?.model).not.toBe('claude-opus-5');
  });

  it('empty key → as if not set', async () => {
    expect(await findProviders({ OPENAI_API_KEY: ' ' }, network(null))).toEqual([]);
  });

  it('OPENAI_BASE_URL without a key → a compatible server that wants none', async () => {
    const env = { OPENAI_BASE_URL: 'http://10.0.0.7:8000/v1', OSTINATO_MODEL: 'qwen3' };
    const [first] = await findProviders(env, network(null));
    expect(first).toMatchObject({
      dialect: 'openai',
      apiKey: null,
      baseUrl: 'http://10.0.0.7:8000/v1',
      model: 'qwen3',
    });
  });

  it.each([
    ['https://api.openai.com/v1', 'openai-responses'],
    ['https://eu.api.openai.com/v1/', 'openai-responses'],
    ['https://api.openai.com.example/v1', 'openai'],
    ['http://127.0.0.1:8000/v1', 'openai'],
  ])('OPENAI_BASE_URL %s with a key → %s', async (OPENAI_BASE_URL, dialect) => {
    const [first] = await findProviders({ OPENAI_API_KEY: 'o', OPENAI_BASE_URL }, network(null));
    expect(first).toMatchObject({ name: 'openai', dialect });
  });

  it('GOOGLE_API_KEY alone → google', async () => {
    const [first] = await findProviders({ GOOGLE_API_KEY: 'g' }, network(null));
    expect(first).toMatchObject({ dialect: 'google', apiKey: 'g' });
  });

  it('Ollama with an embedder and a chat model → the one that can call tools', async () => {
    const found = await findProviders({}, network(LOCAL, [EMBEDDER, CHAT]));
    expect(found).toMatchObject([
      { name: 'ollama', dialect: 'ollama', model: 'llama3.2:latest', baseUrl: LOCAL, apiKey: null },
    ]);
  });

  it('Ollama with no model that calls tools → no provider', async () => {
    expect(await findProviders({}, network(LOCAL, [EMBEDDER]))).toEqual([]);
  });

  it('Ollama and OSTINATO_MODEL without its tag → that model, whatever it can do', async () => {
    const env = { OSTINATO_MODEL: 'nomic-embed-text' };
    const [first] = await findProviders(env, network(LOCAL, [CHAT, EMBEDDER]));
    expect(first).toMatchObject({ model: 'nomic-embed-text:latest' });
  });

  it.each([
    ['0.0.0.0', LOCAL],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    [':8080', 'http://127.0.0.1:8080'],
    ['box', 'http://box:11434'],
    ['https://box/ollama/', 'https://box/ollama'],
  ])('OLLAMA_HOST %s → asks %s', async (host, url) => {
    const { fetch, asked } = network(null);
    await findProviders({ OLLAMA_HOST: host }, { fetch });
    expect(asked).toEqual([`${url}/api/tags`]);
  });

  it('OSTINATO_PROVIDER=offline → none, and nobody is asked', async () => {
    const { fetch, asked } = network(LOCAL, [CHAT]);
    const env = { OPENAI_API_KEY: 'o', OSTINATO_PROVIDER: 'offline' };
    expect(await findProviders(env, { fetch })).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.each([
    ['gpt', /"gpt".*openai, anthropic, google, ollama, offline/],
    ['anthropic', /ANTHROPIC_API_KEY is not set/],
    ['ollama', /no Ollama answers at http:\/\/127\.0\.0\.1:11434/],
  ])(
    'OSTINATO_PROVIDER=%s that cannot be → BadInput that says what to do',
    async (choice, says) => {
      const answer = findProviders(
        { OSTINATO_PROVIDER: choice, OPENAI_API_KEY: 'o' },
        network(null),
      );
      await expect(answer).rejects.toMatchObject({
        type: FAILURE.badInput,
        message: expect.stringMatching(says) as unknown,
      });
    },
  );

  it('OSTINATO_PROVIDER=ollama with a model that is not there → BadInput that lists what is', async () => {
    const env = { OSTINATO_PROVIDER: 'ollama', OSTINATO_MODEL: 'qwen3' };
    await expect(findProviders(env, network(LOCAL, [CHAT]))).rejects.toMatchObject({
      type: FAILURE.badInput,
      message: expect.stringMatching(/no model qwen3 \(it has: llama3\.2:latest\)/) as unknown,
    });
  });
});
