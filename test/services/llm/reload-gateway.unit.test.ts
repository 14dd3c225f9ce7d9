// Proves that a providers file which changes holds from the next call on, that one which is wrong changes
// nothing, and that what is known of keys outlives the change. The file is real; the gateways are fakes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { createCredentials } from '../../../services/llm/credentials.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';
import { reloadGateway } from '../../../services/llm/reload-gateway.ts';
import { routingChanges } from '../../../services/llm/router/routing-changes.ts';
import { findRoutes } from '../../../services/llm/router/find-routes.ts';
import { waitFor } from '../../support/wait-for.ts';
import { route } from './support.ts';

const dir = mkdtempSync(join(tmpdir(), 'ostinato-providers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const fileOf = (model: string) => `providers: [{ name: one, dialect: ollama, models: [${model}] }]`;

describe('reloadGateway', () => {
  it('the file changes → the next call goes by it; it is wrong → the old one holds, and is logged', async () => {
    const path = join(dir, 'providers.yaml');
    writeFileSync(path, fileOf('first'));
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const read = () => findRoutes({ OSTINATO_PROVIDERS_FILE: path }, { fetch });
    const { gateway, routing } = await reloadGateway({
      ...{ path, read, log },
      create: ({ routes: [first] }) =>
        ({
          configured: () => ({ provider: first?.provider, model: first?.model }),
        }) as LlmGateway,
    });
    try {
      const model = () => gateway.configured()?.model;
      expect(model()).toBe('first');
      writeFileSync(path, fileOf('second-model'));
      await waitFor('the new file to hold', () => model() === 'second-model');
      writeFileSync(path, 'providers: [{ name: one }]  # wrong');
      await waitFor('the log to say so', () => lines.some((line) => line.includes('is wrong')));
      expect(lines.join()).toContain('providers.0.dialect');
      expect(model()).toBe('second-model');

      writeFileSync(path, fileOf('third'));
      lines.length = 0;
      await routing.reload();
      expect(model()).toBe('third');
      expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
        { added: ['one/third'], removed: ['one/second-model'], changed: [], rules: false },
      ]);
      await routing.reload();
      expect(lines[1]).toContain('nothing in it has changed');
    } finally {
      routing.close();
    }
  });
});

describe('routingChanges', () => {
  const rules = { preset: 'configured' } as const;
  const [a, b] = [route('one/a'), route('one/b')];

  it.each([
    ['the same', [a, b], rules, null],
    ['another limit', [a, { ...b, timeoutMs: 5 }], rules, { changed: ['one/b'] }],
    ['another order', [b, a], rules, { added: [], removed: [], changed: [] }],
    ['another preset', [a, b], { preset: 'cheap' } as const, { rules: true }],
    ['one less', [a], rules, { removed: ['one/b'] }],
  ])('%s → what changed by route', (_what, routes, after, expected) => {
    const changes = routingChanges({ routes: [a, b], rules }, { routes, rules: after });
    if (expected === null) expect(changes).toBeNull();
    else expect(changes).toMatchObject(expected);
  });

  it('a key is another → the route is named, the key is not', () => {
    const other = { ...a, apiKeys: ['sk-secret'] };
    const changes = routingChanges({ routes: [a], rules }, { routes: [other], rules });
    expect(changes?.changed).toEqual(['one/a']);
    expect(JSON.stringify(changes)).not.toContain('sk-secret');
  });
});

describe('createCredentials', () => {
  it('made anew after a change → a key that is still there stays disabled, a new one is usable', () => {
    const before = createCredentials([route('one/m', { apiKeys: ['a', 'b'] })]);
    const [bad] = before.usable(route('one/m'), 0);
    if (bad === undefined) throw new Error('no key');
    before.disable(bad, { type: FAILURE.llmAuthentication, message: 'refused' }, 1);
    const now = route('one/n', { apiKeys: ['a', 'c'] });
    const after = createCredentials([now], { before });
    expect(after.usable(now, 0).map(({ apiKey }) => apiKey)).toEqual(['c']);
  });
});
