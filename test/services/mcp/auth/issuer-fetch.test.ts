// Proves that an authorization server is reached by whose word its address is: the hosts of the
// definition as the definition is trusted, any other in the public internet alone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../../common/failures.ts';
import { createMcpConnections } from '../../../../services/mcp/connections.ts';
import { createWaysOut } from '../../../../services/mcp/ways-out.ts';
import { issuerFetch } from '../../../../services/mcp/auth/issuer-fetch.ts';
import type { ServerAuth } from '../../../../services/mcp/auth/server-auth.ts';
import type { AllowedHosts } from '../../../../services/net/outbound-policy.ts';
import { parseAllowedHosts } from '../../../../services/net/outbound-policy.ts';
import { silent, targetOf } from '../../../support/fake-mcp-target.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server on loopback; what asks it is counted. */
async function serve(answer: (path: string, origin: string) => object | null) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    seen.push(path);
    const body = answer(path, `http://${request.headers.host ?? ''}`);
    response.writeHead(body === null ? 401 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

describe('the address of an authorization server', () => {
  it.each([
    ['operator', 'the host of the server', 'http://127.0.0.1/mcp', undefined, true],
    ['operator', 'the issuer of the definition', 'http://x.test/mcp', 'http://127.0.0.1/', true],
    ['operator', 'named by metadata alone', 'http://x.test/mcp', 'http://y.test/', false],
    ['tenant', 'the host of the server', 'http://127.0.0.1/mcp', undefined, false],
    ['tenant', 'the issuer of the definition', 'http://x.test/mcp', 'http://127.0.0.1/', false],
  ] as const)('%s, %s → reached: %5$s', async (trust, _what, url, issuer, isReached) => {
    const { seen, port } = await serve(() => ({}));
    const fetch = issuerFetch(createWaysOut(), trust, [url, issuer]);
    const asked = fetch(`http://127.0.0.1:${port}/token`);
    if (isReached) expect((await asked).status).toBe(200);
    else await expect(asked).rejects.toMatchObject({ type: FAILURE.badInput });
    expect(seen).toHaveLength(isReached ? 1 : 0);
  });

  it('longer than metadata are → given up', async () => {
    const { port } = await serve(() => ({ text: 'x'.repeat(300_000) }));
    const fetch = issuerFetch(createWaysOut(), 'operator', ['http://127.0.0.1/']);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await expect(response.text()).rejects.toThrow();
  });

  it.each(['operator', 'tenant'] as const)(
    "%s's server names one on this machine by another name → nothing reaches it",
    async (trust) => {
      const inner = await serve(() => ({}));
      const server = await serve((path, origin) =>
        path.startsWith('/.well-known/oauth-protected-resource')
          ? {
              resource: `${origin}/mcp`,
              authorization_servers: [`http://127.0.0.1:${inner.port}`],
            }
          : null,
      );
      const allowedHosts = parseAllowedHosts('localhost') as AllowedHosts;
      const connections = createMcpConnections({ log: silent, env: {}, allowedHosts });
      closers.push(() => connections.close());
      const auth: ServerAuth = {
        ...{ grant: 'client_credentials', clientId: 'a', clientSecret: 'secret' },
        issuer: 'https://login.example.com',
      };
      const url = `http://localhost:${server.port}/mcp`;
      const transport = { kind: 'http', url, headers: {}, auth } as const;
      await expect(
        connections.listTools(targetOf('inner', transport, { trust })),
      ).rejects.toMatchObject({
        type: FAILURE.badInput,
        message: expect.stringContaining('OSTINATO_ALLOW_PRIVATE_URLS') as string,
      });
      expect(inner.seen).toEqual([]);
    },
  );
});
