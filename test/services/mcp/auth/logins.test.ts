// Proves that a person logs in once for all workers of one tenant and nobody else, that tokens are
// renewed by one worker at a time, and what is said when a login is missing, over, or not enough. A real
// authorization server, a real MCP server and a real database; the clock's date is turned.
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAILURE } from '../../../../common/failures.ts';
import type { Database } from '../../../../services/database/database.ts';
import type { AuthorizationServerOptions } from '../../../support/authorization-server.ts';
import { callOf, remote } from '../../../support/fake-mcp-target.ts';
import { waitFor } from '../../../support/wait-for.ts';
import type { Stage } from './support/stage.ts';
import { openMemoryDatabase, openStage, OTHER_TENANT, REDIRECT } from './support/stage.ts';

let database: Database;
let stage: Stage;
const stages: Stage[] = [];

beforeAll(async () => {
  database = await openMemoryDatabase();
});
afterAll(() => database.close());
afterEach(async () => {
  vi.useRealTimers();
  for (const one of stages.splice(0)) await one.close();
});

async function open(options: AuthorizationServerOptions & { sealKeys?: Uint8Array[] } = {}) {
  stage = await openStage(database, options);
  stages.push(stage);
  return stage;
}

async function loggedIn(options: AuthorizationServerOptions = {}) {
  const { login, target, worker } = await open(options);
  const server = target();
  const own = worker();
  // The server says what it wants when it refuses.
  await own.listTools(server).catch(() => {});
  await login(server);
  return { server, own };
}

const NEEDED = { type: FAILURE.toolLoginNeeded, retry: { allowed: false }, sent: false };

describe('nobody logged in', () => {
  it('a call → a failure of its own that names the command, and is not tried again', async () => {
    const { target, worker } = await open();
    const server = target();
    await expect(worker().call(server, callOf('read'))).rejects.toMatchObject({
      ...NEEDED,
      message: expect.stringContaining(`ostinato servers login ${server.server}`) as string,
    });
  });

  it('a login while a worker waits for none → its next call works at once', async () => {
    const { server, own } = await loggedIn();
    const answer = await own.call(server, callOf('read'));
    expect(answer.isError).toBe(false);
  });
});

describe('a login', () => {
  it('asks for what the server asked for, with PKCE and for this server', async () => {
    await loggedIn();
    expect(stage.authorization.registered).toMatchObject([{ redirect_uris: [REDIRECT] }]);
    expect(stage.authorization.asked).toEqual([
      { grant: 'authorization_code', scope: null, resource: stage.server.url },
    ]);
  });

  it('is kept sealed → no token and no secret in the database', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    const [token = ''] = stage.server.tokens;
    const rows = await database.db.execute(
      sql`select encode(sealed, 'escape') as text from server_grants where server = ${server.server}`,
    );
    const text = JSON.stringify(rows);
    expect(text).toContain('"text":"');
    expect(token).not.toBe('');
    expect(text).not.toContain(token);
    expect(text).not.toContain('refresh-');
  });

  it('of one tenant → lets no other tenant in', async () => {
    const { own } = await loggedIn();
    const foreign = stage.target(undefined, { tenantId: OTHER_TENANT });
    await expect(own.call(foreign, callOf('read'))).rejects.toMatchObject(NEEDED);
  });

  it('for one address → goes to no other under the same name', async () => {
    const { server, own } = await loggedIn();
    const other = await openStage(database);
    stages.push(other);
    const moved = { ...server, transport: remote('http', other.server.url) };
    await expect(own.listTools(moved)).rejects.toMatchObject(NEEDED);
    expect(other.server.tokens).toEqual([]);
  });

  it('moved to another row by hand → does not open', async () => {
    const { server, own } = await loggedIn();
    await database.db.execute(
      sql`insert into server_grants select ${OTHER_TENANT}, server, sealed, asked, version, 0 from server_grants where server = ${server.server}`,
    );
    const foreign = stage.target(undefined, { tenantId: OTHER_TENANT });
    await expect(own.call(foreign, callOf('read'))).rejects.toMatchObject({
      ...NEEDED,
      message: expect.stringContaining('OSTINATO_SEAL_KEY') as string,
    });
  });

  it('without a key → refused before anything is asked', async () => {
    const { logins, target } = await open({ sealKeys: [] });
    await expect(logins.start(target(), REDIRECT)).rejects.toMatchObject({
      type: FAILURE.conflict,
      message: expect.stringContaining('openssl rand -base64 32') as string,
    });
    expect(stage.authorization.registered).toEqual([]);
  });

  it('is refused by the person → says so, and nothing is kept', async () => {
    const { login, target, worker } = await open();
    stage.authorization.denies = 'access_denied';
    await expect(login(target())).rejects.toThrow('access_denied');
    await expect(worker().listTools(target())).rejects.toMatchObject(NEEDED);
  });

  it.each(['http://evil.example/authorize', 'file:///etc/passwd', 'javascript:alert(1)'])(
    'a page at %s → nobody is sent there',
    async (page) => {
      const { logins, target } = await open();
      stage.authorization.page = page;
      await expect(logins.start(target(), REDIRECT)).rejects.toMatchObject({
        name: 'ServiceError',
        retry: { allowed: false },
      });
    },
  );

  it('refused with words that move the cursor → they are shown as what they are', async () => {
    const { login, target } = await open();
    stage.authorization.denies = 'no\u001b[2J';
    const error: unknown = await login(target()).catch((reason: unknown) => reason);
    expect(String(error)).toContain('no\\u001b[2J');
    expect(String(error)).not.toContain('\u001b');
  });

  it('the answer of another login → refused, and the code is not redeemed', async () => {
    const { logins, target, visit } = await open();
    const started = await logins.start(target(), REDIRECT);
    const answer = await visit(started.authorizationUrl);
    const forged = { ...answer, login: started.login, state: 'of-somebody-else' };
    await expect(logins.finish(target(), forged)).rejects.toThrow('another login');
    expect(stage.authorization.asked).toEqual([]);
  });

  it('an answer by another issuer → refused, and the code is not redeemed', async () => {
    const { logins, target, visit } = await open();
    const started = await logins.start(target(), REDIRECT);
    const answer = await visit(started.authorizationUrl);
    const mixed = { ...answer, login: started.login, iss: 'https://evil.example' };
    await expect(logins.finish(target(), mixed)).rejects.toMatchObject({ type: FAILURE.badInput });
    expect(stage.authorization.asked).toEqual([]);
  });

  it('an answer after its time → refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { logins, target, visit } = await open();
    const started = await logins.start(target(), REDIRECT);
    const answer = await visit(started.authorizationUrl);
    vi.setSystemTime(started.expiresAtMs + 1);
    const late = { ...answer, login: started.login };
    await expect(logins.finish(target(), late)).rejects.toThrow('too late');
  });

  it('begun by one tenant → not finished by another', async () => {
    const { logins, target, visit } = await open();
    const started = await logins.start(target(), REDIRECT);
    const answer = { ...(await visit(started.authorizationUrl)), login: started.login };
    const foreign = target(undefined, { tenantId: OTHER_TENANT });
    await expect(logins.finish(foreign, answer)).rejects.toMatchObject({ type: FAILURE.conflict });
  });
});

describe('tokens', () => {
  it('end in the middle of the work → renewed, and the call is made once', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    stage.authorization.expireAccess();
    await own.call(server, callOf('read'));
    expect(stage.authorization.asked.map(({ grant }) => grant)).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
    expect(stage.server.called).toEqual(['read', 'read']);
  });

  it('end in a moment → renewed before they are refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    const { refused } = stage.server;
    vi.setSystemTime(Date.now() + 3_600_000 - 30_000);
    await own.call(server, callOf('read'));
    expect(stage.authorization.asked).toHaveLength(2);
    expect(stage.server.refused).toBe(refused);
  });

  it('two workers and ten calls at once → one renewal, with refresh tokens that work once', async () => {
    const { server, own } = await loggedIn();
    const second = stage.worker();
    await Promise.all([own, second].map((worker) => worker.call(server, callOf('read'))));
    stage.authorization.expireAccess();
    const held = Promise.withResolvers<void>();
    stage.authorization.hold = held.promise;
    const calls = [own, second].flatMap((worker) =>
      Array.from({ length: 5 }, () => worker.call(server, callOf('read'))),
    );
    const { asked } = stage.authorization;
    await waitFor('the renewal', () => asked.at(-1)?.grant === 'refresh_token');
    held.resolve();
    await Promise.all(calls);
    expect(asked.map(({ grant }) => grant)).toEqual(['authorization_code', 'refresh_token']);
    expect(stage.server.called).toHaveLength(12);
  });

  it('renewed by a worker that died → another one goes on when its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { server, own } = await loggedIn();
    const { version } = await stage.grants.read(server);
    expect(await stage.grants.lease(server, version, 20_000)).toBe(true);
    expect(await stage.grants.lease(server, version, 20_000)).toBe(false);
    stage.authorization.expireAccess();
    vi.setSystemTime(Date.now() + 20_001);
    await own.call(server, callOf('read'));
    expect(stage.authorization.asked).toHaveLength(2);
  });

  it('revoked → a person has to log in again, and then it works', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    stage.authorization.forgetAll();
    await expect(own.call(server, callOf('read'))).rejects.toMatchObject(NEEDED);
    expect((await stage.grants.read(server)).grant).toBeNull();
    await stage.login(server);
    await own.call(server, callOf('read'));
    expect(stage.server.called).toEqual(['read', 'read']);
  });

  it('over, and cannot be renewed → a person has to log in again', async () => {
    const { server, own } = await loggedIn({ refreshes: false });
    await own.call(server, callOf('read'));
    stage.authorization.expireAccess();
    await expect(own.call(server, callOf('read'))).rejects.toMatchObject(NEEDED);
  });

  it('the authorization server is away → may be tried again, and the login is kept', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    stage.authorization.expireAccess();
    stage.authorization.broken = 503;
    await expect(own.call(server, callOf('read'))).rejects.toMatchObject({
      type: FAILURE.toolUnavailable,
      retry: { allowed: true },
      sent: false,
    });
    stage.authorization.broken = null;
    await own.call(server, callOf('read'));
    expect(stage.server.called).toEqual(['read', 'read']);
  });

  it('the server moves to another authorization server → that one gets no token', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    const other = await openStage(database);
    stages.push(other);
    stage.server.issuer = other.authorization.issuer;
    stage.server.judge = other.authorization;
    await expect(own.call(server, callOf('read'))).rejects.toMatchObject(NEEDED);
    expect(other.authorization.asked).toEqual([]);
    await stage.login(server);
    await own.call(server, callOf('read'));
    expect(other.authorization.registered).toHaveLength(1);
  });
});

describe('a tool that wants more than the login gives', () => {
  it('→ names the scope; the next login asks for it beside the old ones', async () => {
    const { server, own } = await loggedIn();
    await expect(own.call(server, callOf('write'))).rejects.toMatchObject({
      ...NEEDED,
      message: expect.stringContaining('mcp:write') as string,
    });
    const { authorizationUrl } = await stage.logins.start(server, REDIRECT);
    expect(new URL(authorizationUrl).searchParams.get('scope')).toBe('mcp:read mcp:write');
    await stage.login(server);
    await own.call(server, callOf('write'));
    expect(stage.server.called).toEqual(['write']);
  });

  it('and that is not given → says so, and asks for no third login', async () => {
    const { server, own } = await loggedIn();
    stage.authorization.gives = ['mcp:read'];
    await expect(own.call(server, callOf('write'))).rejects.toMatchObject(NEEDED);
    await stage.login(server);
    await expect(own.call(server, callOf('write'))).rejects.toMatchObject({
      type: FAILURE.toolUnavailable,
      retry: { allowed: false },
    });
  });
});

describe('logging out', () => {
  it('→ revoked, forgotten, and workers are let in no more', async () => {
    const { server, own } = await loggedIn();
    await own.call(server, callOf('read'));
    expect(await stage.logins.logout(server)).toEqual({ wasLoggedIn: true, revoked: true });
    expect(stage.authorization.revoked).toHaveLength(1);
    await expect(own.call(server, callOf('read'))).rejects.toMatchObject(NEEDED);
    expect(await stage.logins.logout(server)).toEqual({ wasLoggedIn: false, revoked: false });
  });

  it('with a key that is lost → forgotten all the same', async () => {
    const { server } = await loggedIn();
    const stranger = await openStage(database, { sealKeys: [randomBytes(32)] });
    stages.push(stranger);
    expect(await stranger.logins.logout(server)).toEqual({ wasLoggedIn: true, revoked: false });
  });
});
