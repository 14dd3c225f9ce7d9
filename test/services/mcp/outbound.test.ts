// Proves that no MCP transport connects to where a cloud serves its credentials, and that a server whose
// address is a tenant's word is reached in the public internet alone, and where the operator allows it:
// by no name, by no redirect, and by no name that means another address the next time.
import type * as dnsModule from 'node:dns';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ServerName } from '../../../common/tool.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { AllowedHosts } from '../../../services/net/outbound-policy.ts';
import { parseAllowedHosts } from '../../../services/net/outbound-policy.ts';
import { startFakeHttpServer } from '../../support/fake-mcp-http-server.ts';
import { callOf, remote, silent, targetOf } from '../../support/fake-mcp-target.ts';

describe('an MCP server at a metadata address', () => {
  it.each([
    ['http', 'http://169.254.169.254/mcp'],
    ['sse', 'http://[::ffff:169.254.169.254]/sse'],
    ['websocket', 'ws://169.254.169.254/mcp'],
    ['websocket', 'ws://[fd00:ec2::254]/mcp'],
  ] as const)('%s, %s → refused', async (kind, url) => {
    const connections = createMcpConnections({ log: pino({ level: 'silent' }), env: {} });
    const listing = connections.listTools({
      tenantId: DEFAULT_TENANT_ID,
      server: 'cloud' as ServerName,
      transport: { kind, url, headers: {} },
      connectTimeoutMs: 5_000,
      protocol: 'auto',
    });
    const message = expect.stringContaining('serves credentials') as string;
    const kept = { type: 'BadInput', retry: { allowed: false } };
    await expect(listing).rejects.toMatchObject({ message, ...kept });
    await connections.close();
  });
});

/** What names mean, look-up by look-up; the last meaning stays. Of other names the machine is asked. */
const names = vi.hoisted(() => new Map<string, string[]>());
// Takes hold only where nothing has loaded the module before: this is no unit test, which shares its modules.
vi.mock('node:dns', async (original) => {
  const dns = await original<typeof dnsModule>();
  const lookup = (host: string, options: object, done: (...answer: unknown[]) => void): void => {
    const meanings = names.get(host);
    if (meanings === undefined) return dns.lookup(host, options, done);
    const address = meanings.length > 1 ? meanings.shift() : meanings[0];
    done(null, [{ address, family: 4 }]);
  };
  return { ...dns, lookup };
});

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function connect(allowed = '') {
  const allowedHosts = parseAllowedHosts(allowed) as AllowedHosts;
  const connections = createMcpConnections({ log: silent, env: {}, allowedHosts });
  closers.push(() => connections.close());
  return connections;
}

async function serve(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

const ofTenant = (kind: 'http' | 'sse' | 'websocket', url: string) =>
  targetOf('web', remote(kind, url), { trust: 'tenant' });

describe("a tenant's server", () => {
  it.each([
    ['http', 'http://127.0.0.1'],
    ['http', 'http://localhost'],
    ['sse', 'http://[::ffff:127.0.0.1]'],
    ['websocket', 'ws://127.0.0.1'],
    ['websocket', 'ws://localhost'],
  ] as const)('%s, %s → refused, and what listens there sees nothing', async (kind, origin) => {
    let connections = 0;
    const { server, port } = await serve((_request, response) => response.end('secret'));
    server.on('connection', () => (connections += 1));
    const listing = connect().listTools(ofTenant(kind, `${origin}:${port}/mcp`));
    await expect(listing).rejects.toThrow('OSTINATO_ALLOW_PRIVATE_URLS');
    expect(connections).toBe(0);
  });

  it('in a network that the operator allows → connected and called; the operator needs no allowance', async () => {
    const fake = await startFakeHttpServer();
    closers.push(() => fake.close());
    const answer = await connect('127.0.0.0/8').call(ofTenant('http', fake.url), callOf('echo'));
    expect(answer).toBeDefined();
    const mine = targetOf('web', remote('http', fake.url), { trust: 'operator' });
    expect((await connect().listTools(mine)).tools).toHaveLength(1);
  });

  it('asks for a variable of the worker → refused before anything is sent', async () => {
    let connections = 0;
    const { server, port } = await serve((_request, response) => response.end());
    server.on('connection', () => (connections += 1));
    const url = `http://127.0.0.1:${port}/\${PATH}`;
    const listing = connect('127.0.0.0/8').listTools(ofTenant('http', url));
    await expect(listing).rejects.toThrow('variables are not read');
    expect(connections).toBe(0);
  });

  it("the word becomes the operator's → another connection, judged as such", async () => {
    const fake = await startFakeHttpServer();
    closers.push(() => fake.close());
    const connections = connect();
    const { trust: _trust, ...target } = ofTenant('http', fake.url);
    await connections.call({ ...target, trust: 'operator' }, callOf('echo'));
    await expect(connections.call({ ...target, trust: 'tenant' }, callOf('echo'))).rejects.toThrow(
      'private network',
    );
  });

  it('answers with a redirect to a private address → not followed', async () => {
    let seen = 0;
    const inner = await serve((_request, response) => {
      seen += 1;
      response.end('secret');
    });
    const outer = await serve((_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.2:${inner.port}/mcp` }).end(),
    );
    for (const kind of ['http', 'sse'] as const) {
      const target = ofTenant(kind, `http://127.0.0.1:${outer.port}/mcp`);
      await expect(connect('127.0.0.1').listTools(target)).rejects.toMatchObject({
        name: 'ServiceError',
      });
    }
    expect(seen).toBe(0);
  });

  it.each(['http', 'websocket'] as const)(
    '%s, a name that is allowed once and private at the next look-up → refused then',
    async (kind) => {
      let connections = 0;
      const { server, port } = await serve((_request, response) => response.writeHead(500).end());
      server.on('connection', () => (connections += 1));
      names.set('rebinds.example', ['127.0.0.1', '127.0.0.2']);
      const scheme = kind === 'http' ? 'http' : 'ws';
      const client = connect('127.0.0.1');
      const target = ofTenant(kind, `${scheme}://rebinds.example:${port}/mcp`);
      await expect(client.listTools(target)).rejects.toThrow('500');
      const before = connections;
      server.closeAllConnections();
      await client.disconnect(target.tenantId, target.server);
      await expect(connect('127.0.0.1').listTools(target)).rejects.toThrow('127.0.0.2');
      expect(connections).toBe(before);
    },
  );
});
