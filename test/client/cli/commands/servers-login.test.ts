// Proves the command of a login as a person types it: prints the address, takes the answer on this
// machine, lists the tools; ends with a clear word when nobody comes, when it is broken off, when the
// answer is another login's, and when the port is taken. The real command, API, database, authorization
// server and MCP server; the browser is a `fetch`.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../../api/server.ts';
import { runCli } from '../../../../client/cli/run-cli.ts';
import type { Database } from '../../../../services/database/database.ts';
import { createRegistry } from '../../../../services/registry/registry.ts';
import { refreshServer } from '../../../../services/registry/refresh-server.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../../services/registry/server-definition.ts';
import { fakeServices } from '../../../api/support/fake-services.ts';
import type { Stage } from '../../../services/mcp/auth/support/stage.ts';
import { openMemoryDatabase, openStage } from '../../../services/mcp/auth/support/stage.ts';
import { freePort } from '../../../support/free-port.ts';
import { waitFor } from '../../../support/wait-for.ts';

let dir: string;
let database: Database;
let stage: Stage;
let api: ReturnType<typeof createServer>;
let url: string;
let name: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-login-'));
  database = await openMemoryDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(dir, { recursive: true, force: true });
});
afterEach(async () => {
  await api.close();
  await stage.close();
});

async function open(): Promise<void> {
  stage = await openStage(database);
  const registry = createRegistry(database);
  const connections = stage.worker();
  const { signal } = new AbortController();
  const { logins, target } = stage;
  const { tenantId, server, transport } = target();
  name = server;
  await registry.putServer(tenantId, name, { ...SERVER_DEFINITION_DEFAULTS, transport });
  const catalogue = {
    refreshServer: (tenant: typeof tenantId, of: typeof server) =>
      refreshServer({ registry, connections, signal }, tenant, of),
  };
  api = createServer({ ...fakeServices(), registry, connections, catalogue, logins });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
}

interface Person {
  readonly isTty?: boolean;
  /** What the person does when they see the address. */
  readonly sees?: (address: string) => unknown;
}

/** One command in this process. `interrupt` is Ctrl-C; `shown` is what a browser was opened with. */
function type(args: readonly string[], { isTty = false, sees }: Person = {}) {
  const text = { out: '', err: '' };
  const shown: string[] = [];
  let interrupt: () => void = () => {};
  let seen = false;
  const look = () => {
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/authorize\S+/.exec(text.out + text.err) ?? [];
    if (address === undefined || seen) return;
    seen = true;
    void sees?.(address);
  };
  const code = runCli(
    [...args, '--api', url, '--temporal', '127.0.0.1:1'],
    {
      env: { OSTINATO_DATA_DIR: dir },
      out(chunk) {
        text.out += chunk;
        look();
      },
      err(chunk) {
        text.err += chunk;
        look();
      },
      isTty,
      width: () => 300,
      height: () => 50,
      stdin: async function* () {},
      openBrowser: (address) => shown.push(address) > 0,
      onInterrupt(callback) {
        interrupt = callback;
        return () => (interrupt = () => {});
      },
    },
    '0',
  );
  return { code, text, shown, interrupt: () => interrupt() };
}

/** Goes to the page and where it sends one, as a browser does. */
async function browse(address: string): Promise<Response> {
  const page = await fetch(address, { redirect: 'manual' });
  return fetch(page.headers.get('location') ?? '');
}

describe('ostinato servers login', () => {
  it('a person follows the address → logged in, the tools are listed, the page says so', async () => {
    await open();
    const page = Promise.withResolvers<Response>();
    const sees = (address: string) => page.resolve(browse(address));
    const { code, text, shown } = type(['servers', 'login', name], { sees });
    expect(await code).toBe(0);
    expect(text.out).toContain(`Logged in at ${name} by ${stage.authorization.issuer}.`);
    expect(text.out).toContain('2 tools added');
    expect(await (await page.promise).text()).toContain('You may close this page');
    expect(shown).toEqual([]);
    expect(JSON.stringify(text)).not.toMatch(/access-|refresh-|code-/);
    const later = type(['servers', 'logout', name]);
    expect(await later.code).toBe(0);
    expect(later.text.out).toContain('revoked and forgotten');
  });

  it('on a terminal → opens the browser; with --no-browser it does not', async () => {
    await open();
    const sees = browse;
    const first = type(['servers', 'login', name], { sees, isTty: true });
    expect(await first.code).toBe(0);
    expect(first.shown).toEqual([expect.stringContaining('/authorize?')]);
    const second = type(['servers', 'login', name, '--no-browser'], { sees, isTty: true });
    expect(await second.code).toBe(0);
    expect(second.shown).toEqual([]);
  });

  it('--json → one document on stdout, the address on stderr, no token in it', async () => {
    await open();
    const { code, text } = type(['servers', 'login', name, '--json'], { sees: browse });
    expect(await code).toBe(0);
    expect(JSON.parse(text.out)).toMatchObject({
      server: name,
      issuer: stage.authorization.issuer,
      scope: 'mcp:read',
      renews: true,
      refresh: { ok: true },
    });
    expect(text.err).toContain('/authorize?');
    expect(text.out).not.toMatch(/access-|refresh-/);
  });

  it('nobody comes → ends with the time it waited, and the port is free again', async () => {
    await open();
    const port = await freePort();
    const args = ['servers', 'login', name, '--timeout', '1', '--port', String(port)];
    const { code, text } = type(args);
    expect(await code).toBe(1);
    expect(text.err).toContain('Nobody finished the login within 1 s.');
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toThrow('fetch failed');
  });

  it('Ctrl-C → ends at once, nothing is kept and nothing listens', async () => {
    await open();
    const login = type(['servers', 'login', name]);
    await waitFor('the address', () => login.text.out.includes('/authorize?'));
    login.interrupt();
    expect(await login.code).toBe(1);
    expect(login.text.err).toContain('broken off');
    expect((await stage.grants.read(stage.target())).grant).toBeNull();
  });

  it('the answer of another login → shown the door, and the right one is still taken', async () => {
    await open();
    let status = 0;
    const sees = async (address: string) => {
      const back = new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('state', 'forged');
      back.searchParams.set('code', 'forged');
      ({ status } = await fetch(back));
      return browse(address);
    };
    const { code } = type(['servers', 'login', name], { sees });
    expect(await code).toBe(0);
    expect(status).toBe(400);
  });

  it('the person refuses → says what the authorization server said', async () => {
    await open();
    stage.authorization.denies = 'access_denied';
    const { code, text } = type(['servers', 'login', name], { sees: browse });
    expect(await code).toBe(2);
    expect(text.err).toContain('access_denied');
  });

  it('the port is taken → names it, and asks nobody', async () => {
    await open();
    const taken = createHttpServer().listen(0, '127.0.0.1');
    await new Promise((listening) => taken.once('listening', listening));
    const { port } = taken.address() as AddressInfo;
    const { code, text } = type(['servers', 'login', name, '--port', String(port)]);
    expect(await code).toBe(1);
    expect(text.err).toContain(`Port ${port} of this machine cannot be listened on (EADDRINUSE)`);
    expect(stage.authorization.registered).toEqual([]);
    taken.close();
  });

  it('a server that is not there → says which are', async () => {
    await open();
    const { code, text } = type(['servers', 'login', `${name}x`]);
    expect(await code).toBe(1);
    expect(text.err).toContain(`Did you mean "${name}"?`);
  });
});

describe('the API', () => {
  it('a redirect address elsewhere → refused, so that no code leaves the machine', async () => {
    await open();
    const response = await fetch(`${url}/v1/servers/${name}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirectUrl: 'https://evil.example/callback' }),
    });
    expect(response.status).toBe(400);
    expect(stage.authorization.registered).toEqual([]);
  });

  it('a login that was made up → refused', async () => {
    await open();
    const response = await fetch(`${url}/v1/servers/${name}/login/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'AAAA', state: 'a', code: 'b' }),
    });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('OSTINATO_SEAL_KEY');
  });
});
