// Proves that a providers file becomes routes, and that what is wrong in one is named by line and field.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findRoutes } from '../../../../services/llm/router/find-routes.ts';
import { parseProvidersFile } from '../../../../services/llm/router/parse-providers-file.ts';

const FILE = `
providers:
  - name: openai-eu
    dialect: openai
    baseUrl: https://eu.example/v1
    keys: ['\${KEY_ONE}', '\${KEY_TWO}']
    requestsPerMinute: 600
    models:
      - gpt-5.4-mini
      - name: house
        contextTokens: 32000
        can: [tools]
        quality: 0.4
        price: { inputPerMillion: 1, outputPerMillion: 2 }
  - name: attic
    dialect: ollama
    models: [smollm2]
routing:
  preset: balanced
  tenants: { acme: { allow: ['attic/*'] } }
`;

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function fileWith(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'ostinato-providers-'));
  dirs.push(dir);
  const path = join(dir, 'providers.yaml');
  writeFileSync(path, text);
  return path;
}

const find = (env: Record<string, string>) => findRoutes(env, { fetch });

describe('providers file', () => {
  it('good file → a route a model, with its keys, limits, price and facts', async () => {
    const path = fileWith(FILE);
    const env = { OSTINATO_PROVIDERS_FILE: path, KEY_ONE: 'k1', KEY_TWO: 'k2' };
    const { routes, rules } = await find(env);
    expect(routes.map((route) => route.id)).toEqual([
      'openai-eu/gpt-5.4-mini',
      'openai-eu/house',
      'attic/smollm2',
    ]);
    expect(routes[0]).toMatchObject({
      apiKeys: ['k1', 'k2'],
      limits: { requestsPerMinute: 600, tokensPerMinute: null },
      // Not the vendor's own address: its list prices need not hold there.
      price: { kind: 'unknown' },
    });
    expect(routes[1]).toMatchObject({
      facts: { contextTokens: 32_000, can: ['tools'], quality: 0.4 },
      price: { kind: 'own', prices: { inputPerMillion: 1, outputPerMillion: 2 } },
    });
    expect(routes[2]).toMatchObject({ price: { kind: 'free' }, apiKeys: [], timeoutMs: 290_000 });
    expect(rules.preset).toBe('balanced');
  });

  it('OSTINATO_ROUTING → wins over the preset of the file', async () => {
    const env = { OSTINATO_PROVIDERS_FILE: fileWith(FILE), KEY_ONE: 'a', KEY_TWO: 'b' };
    expect((await find({ ...env, OSTINATO_ROUTING: 'cheap' })).rules.preset).toBe('cheap');
    await expect(find({ ...env, OSTINATO_ROUTING: 'cheep' })).rejects.toThrow(
      'OSTINATO_ROUTING is "cheep"; it takes configured, cheap, fast, best, balanced, cascade.',
    );
  });

  it('variable that is not set → named with its field, no value shown', async () => {
    const env = { OSTINATO_PROVIDERS_FILE: fileWith(FILE), KEY_ONE: 'secret' };
    await expect(find(env)).rejects.toThrow(
      /wants the environment variable KEY_TWO \(in openai-eu\.keys\[1\]\), and it is not set/,
    );
  });

  it('no such file → named with the variable', async () => {
    await expect(find({ OSTINATO_PROVIDERS_FILE: '/nowhere.yaml' })).rejects.toThrow(
      'OSTINATO_PROVIDERS_FILE names /nowhere.yaml, which cannot be read (ENOENT).',
    );
  });

  it.each([
    ['providers: [', 'line 1, column'],
    ['providers: []', 'line 1, providers:'],
    [
      'providers:\n  - name: a\n    dialect: opnai\n    models: [m]',
      'line 3, providers.0.dialect:',
    ],
    [
      'providers:\n  - name: a\n    dialect: openai\n    models: [m]\n    keyz: [x]',
      'providers.0: Unrecognized key: "keyz"',
    ],
    [
      'providers:\n  - { name: a, dialect: openai, models: [m] }\n  - { name: a, dialect: openai, models: [m] }',
      'two providers are named "a"',
    ],
  ])('%j → says %s', (text, message) => {
    expect(() => parseProvidersFile(text, 'p.yaml')).toThrow(message);
  });
});

describe('tiers of service', () => {
  const rowOf = (row: object, model: object) =>
    JSON.stringify({
      providers: [{ name: 'one', models: [{ name: 'gpt-5.4-mini', ...model }], ...row }],
    });
  const routeOf = async (row: object, model: object) => {
    const path = fileWith(rowOf(row, model));
    const [found] = (await find({ OSTINATO_PROVIDERS_FILE: path })).routes;
    return found;
  };
  const elsewhere = 'http://127.0.0.1:8000/v1';

  it.each([
    ['for batches, of OpenAI', { dialect: 'openai-responses' }, { batchOnly: true }, 'flex'],
    ['for batches, of Google', { dialect: 'google' }, { batchOnly: true }, 'flex'],
    ['for batches, of Anthropic', { dialect: 'anthropic' }, { batchOnly: true }, null],
    [
      'for batches, of a compatible server',
      { dialect: 'openai', baseUrl: elsewhere },
      { batchOnly: true },
      null,
    ],
    [
      'of a compatible server that has it',
      { dialect: 'openai', baseUrl: elsewhere },
      { serviceTier: 'flex' },
      'flex',
    ],
    [
      'for batches, at the usual tier',
      { dialect: 'openai' },
      { batchOnly: true, serviceTier: 'standard' },
      null,
    ],
    ['for all', { dialect: 'openai' }, {}, null],
  ] as const)('a model %s → its tier', async (_what, row, model, tier) => {
    expect((await routeOf(row, model))?.serviceTier).toBe(tier);
  });

  it.each([
    [undefined, { kind: 'unknown' }],
    [{ listShare: 0.5 }, { kind: 'list', vendor: 'openai', share: 0.5 }],
    [{ inputPerMillion: 1, outputPerMillion: 2 }, { kind: 'own' }],
  ])('flex with the price %j → %j', async (price, source) => {
    const found = await routeOf(
      { dialect: 'openai' },
      { batchOnly: true, ...(price && { price }) },
    );
    expect(found?.price).toMatchObject(source);
  });

  it('flex of a dialect that has none → BadInput that names those that have', async () => {
    await expect(routeOf({ dialect: 'anthropic' }, { serviceTier: 'flex' })).rejects.toThrow(
      /one\/gpt-5.4-mini.*"anthropic" has none.*openai, openai-responses, google/,
    );
  });
});
