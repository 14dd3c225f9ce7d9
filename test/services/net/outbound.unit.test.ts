// Proves with real sockets where the one client of outbound requests goes: nowhere private for a
// stranger, by no name, form or redirect, and to no other origin with the first one's secrets.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AllowedHosts } from '../../../services/net/outbound-policy.ts';
import { OPERATOR, parseAllowedHosts } from '../../../services/net/outbound-policy.ts';
import { createOutboundFetch } from '../../../services/net/outbound.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function strangersFetch(allowed: string) {
  const allow = parseAllowedHosts(allowed) as AllowedHosts;
  return createOutboundFetch({ trust: 'stranger', allow });
}

const refused = { name: 'ServiceError', type: 'BadInput', retry: { allowed: false } };

describe('a stranger', () => {
  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0', '[::ffff:127.0.0.1]'])(
    'http://%s, where a server listens → refused, and the server sees nothing',
    async (host) => {
      let connections = 0;
      const port = await serve((_request, response) => response.end('secret'));
      servers[0]?.on('connection', () => (connections += 1));
      const answer = strangersFetch('')(`http://${host}:${port}/`);
      await expect(answer).rejects.toMatchObject(refused);
      await expect(answer).rejects.toThrow('OSTINATO_ALLOW_PRIVATE_URLS');
      expect(connections).toBe(0);
    },
  );

  it('a redirect from an allowed host to one that is not → refused there', async () => {
    let seen = 0;
    const inner = await serve((_request, response) => {
      seen += 1;
      response.end('secret');
    });
    const outer = await serve((_request, response) =>
      response.writeHead(307, { location: `http://localhost:${inner}/` }).end(),
    );
    // The name is not allowed, nor is ::1, which it may have as well.
    const fetch = strangersFetch('files.internal');
    const allowed = strangersFetch('127.0.0.1');
    await expect(fetch(`http://127.0.0.1:${outer}/`)).rejects.toMatchObject(refused);
    const other = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.2:${inner}/` }).end(),
    );
    await expect(allowed(`http://127.0.0.1:${other}/`)).rejects.toThrow('"127.0.0.2"');
    expect(seen).toBe(0);
  });

  it('an allowed host → its answer; a name allowed → also where it resolves to loopback', async () => {
    const port = await serve((_request, response) => response.end('hello'));
    const byAddress = await strangersFetch('127.0.0.0/8')(`http://127.0.0.1:${port}/`);
    expect(await byAddress.text()).toBe('hello');
    const byName = await strangersFetch('localhost')(`http://localhost:${port}/`);
    expect(await byName.text()).toBe('hello');
  });
});

describe('anybody', () => {
  it.each([
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'http://name:word@127.0.0.1/',
    'http://127.0.0.1:25/',
  ])('%s → refused without the password', async (url) => {
    const error = await createOutboundFetch(OPERATOR)(url).catch((reason: Error) => reason);
    expect(error).toMatchObject(refused);
    expect((error as Error).message).not.toContain('word@');
  });

  it('a redirect to credentials of the machine → refused, also for the operator', async () => {
    for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '[fd00:ec2::254]']) {
      const port = await serve((_request, response) =>
        response.writeHead(302, { location: `http://${host}/latest` }).end(),
      );
      const answer = createOutboundFetch(OPERATOR)(`http://127.0.0.1:${port}/`);
      await expect(answer).rejects.toThrow('serves credentials');
    }
  });

  it('redirects without end → given up after five', async () => {
    let seen = 0;
    const port = await serve((_request, response) => {
      seen += 1;
      response.writeHead(302, { location: '/again' }).end();
    });
    const answer = createOutboundFetch(OPERATOR)(`http://127.0.0.1:${port}/`);
    await expect(answer).rejects.toThrow('more than 5 times');
    expect(seen).toBe(6);
  });

  it('307 within the origin → same method, body and headers; to another → no secrets', async () => {
    const seen: { method: string; body: string; headers: IncomingMessage['headers'] }[] = [];
    const note: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        seen.push({ method: request.method ?? '', body, headers: request.headers });
        response.end();
      });
    };
    const other = await serve(note);
    const port = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(307, { location: '/there' }).end();
      else if (request.url === '/away') {
        response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end();
      } else note(request, response);
    });
    const init = { method: 'POST', body: 'x', headers: { authorization: 'a', 'x-api-key': 'b' } };
    const fetch = createOutboundFetch(OPERATOR);
    await fetch(`http://127.0.0.1:${port}/here`, init);
    expect(seen[0]).toMatchObject({ method: 'POST', body: 'x', headers: init.headers });
    await fetch(`http://127.0.0.1:${port}/away`, init);
    expect(seen[1]).toMatchObject({ method: 'POST', body: 'x' });
    expect(seen[1]?.headers).not.toHaveProperty('authorization');
    expect(seen[1]?.headers).not.toHaveProperty('x-api-key');
  });
});
