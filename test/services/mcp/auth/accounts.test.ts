// Proves that workers with an account of their own (client_credentials) get tokens, renew them before
// they end and after they were refused, ask once for many calls, and say what is wrong without the
// secret. A real authorization server and a real MCP server over HTTP; the clock's date is turned.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAILURE } from '../../../../common/failures.ts';
import type { Database } from '../../../../services/database/database.ts';
import type { AuthorizationServerOptions } from '../../../support/authorization-server.ts';
import { callOf } from '../../../support/fake-mcp-target.ts';
import type { Stage } from './support/stage.ts';
import { openMemoryDatabase, openStage } from './support/stage.ts';

const SECRET = 'of-the-account';
let database: Database;
let stage: Stage;

beforeAll(async () => {
  database = await openMemoryDatabase();
});
afterAll(() => database.close());
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

async function open(secret = SECRET, options: AuthorizationServerOptions = {}) {
  const clients = { worker: SECRET };
  stage = await openStage(database, { clients, env: { ACCOUNT: secret }, ...options });
  const { issuer } = stage.authorization;
  const target = stage.target({
    grant: 'client_credentials',
    ...{ issuer, clientId: 'worker', clientSecret: '${ACCOUNT}' },
  });
  return { worker: stage.worker(), target };
}

describe('an account', () => {
  it('is asked for → a token for this server alone, by the secret of the environment', async () => {
    const { worker, target } = await open();
    const answer = await worker.call(target, callOf('read'));
    expect(answer.content).toEqual([{ type: 'text', text: 'read is done' }]);
    expect(stage.authorization.asked).toEqual([
      { grant: 'client_credentials', scope: 'mcp:read', resource: stage.server.url },
    ]);
  });

  it('twenty calls at once, tokens over → one request for tokens, every call once', async () => {
    const { worker, target } = await open();
    await worker.call(target, callOf('read'));
    stage.authorization.expireAccess();
    await Promise.all(Array.from({ length: 20 }, () => worker.call(target, callOf('read'))));
    expect(stage.authorization.asked).toHaveLength(2);
    expect(stage.server.called).toHaveLength(21);
  });

  it('a token that ends in a moment → renewed before it is refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { worker, target } = await open();
    await worker.call(target, callOf('read'));
    const { refused } = stage.server;
    vi.setSystemTime(Date.now() + 3_600_000 - 30_000);
    await worker.call(target, callOf('read'));
    expect(stage.authorization.asked).toHaveLength(2);
    expect(stage.server.refused).toBe(refused);
    expect(new Set(stage.server.tokens).size).toBe(2);
  });

  it('a tool that wants more → asked for with what was had, and called once', async () => {
    const { worker, target } = await open();
    await worker.call(target, callOf('read'));
    await worker.call(target, callOf('write'));
    expect(stage.authorization.asked.at(-1)?.scope).toBe('mcp:read mcp:write');
    expect(stage.server.called).toEqual(['read', 'write']);
  });

  it('more than the account may have → says which scope, after one attempt', async () => {
    const { worker, target } = await open();
    stage.authorization.gives = ['mcp:read'];
    await worker.call(target, callOf('read'));
    await expect(worker.call(target, callOf('write'))).rejects.toMatchObject({
      type: FAILURE.toolUnavailable,
      retry: { allowed: false },
      sent: false,
      message: expect.stringContaining('mcp:write') as string,
    });
    expect(stage.authorization.asked).toHaveLength(2);
    expect(stage.server.called).toEqual(['read']);
  });

  it('a wrong secret → says what to check, shows none, and asks once', async () => {
    const { worker, target } = await open('wrong-secret');
    const error: unknown = await worker.listTools(target).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ type: FAILURE.badInput, retry: { allowed: false } });
    expect(String(error)).toContain('"clientSecret"');
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wrong-secret');
    expect(stage.authorization.asked).toHaveLength(1);
  });

  it('a key in place of a secret → signs for its authorization server, also on one line', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    for (const KEY of [pem, pem.replaceAll('\n', '\\n')]) {
      stage = await openStage(database, { keys: { worker: publicKey }, env: { KEY } });
      const { issuer } = stage.authorization;
      const account = { issuer, clientId: 'worker', privateKey: '${KEY}' };
      const target = stage.target({ grant: 'client_credentials', ...account });
      expect((await stage.worker().listTools(target)).tools).toHaveLength(2);
      await stage.close();
    }
    stage = await openStage(database);
  });

  it('a key that is none → says so, shows nothing of it, and asks nobody', async () => {
    stage = await openStage(database, { env: { KEY: 'not-a-key' } });
    const { issuer } = stage.authorization;
    const account = { issuer, clientId: 'worker', privateKey: '${KEY}' };
    const target = stage.target({ grant: 'client_credentials', ...account });
    const error: unknown = await stage
      .worker()
      .listTools(target)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ type: FAILURE.badInput, retry: { allowed: false } });
    expect(String(error)).toContain('"privateKey"');
    expect(String(error)).not.toContain('not-a-key');
    expect(stage.authorization.asked).toEqual([]);
  });

  it('another authorization server than its own → gets no secret', async () => {
    const { worker, target } = await open();
    const other = await openStage(database);
    stage.server.issuer = other.authorization.issuer;
    await expect(worker.listTools(target)).rejects.toMatchObject({ type: FAILURE.badInput });
    expect(other.authorization.asked).toEqual([]);
    await other.close();
  });

  it('the authorization server is broken → may be tried again, and works then', async () => {
    const { worker, target } = await open();
    stage.authorization.broken = 503;
    await expect(worker.listTools(target)).rejects.toMatchObject({
      type: FAILURE.toolUnavailable,
      retry: { allowed: true },
    });
    stage.authorization.broken = null;
    expect((await worker.listTools(target)).tools).toHaveLength(2);
  });
});
