// Proves what a batch reads from a URL: the file, within its bounds, from no private address unless
// that is allowed, and never somewhere else than named.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchItems } from '../../../services/batches/fetch-items.ts';
import { parseAllowedHosts } from '../../../services/net/outbound-policy.ts';
import type { AllowedHosts } from '../../../services/net/outbound-policy.ts';
import { createOutboundFetch } from '../../../services/net/outbound.ts';

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/items.jsonl?sig=secret`;
}

async function fetched(url: string, allowPrivate = true): Promise<string> {
  const parts: Uint8Array[] = [];
  const { signal } = new AbortController();
  const allow = parseAllowedHosts(String(allowPrivate)) as AllowedHosts;
  const fetch = createOutboundFetch({ trust: 'stranger', allow });
  for await (const part of fetchItems(url, { signal, fetch })) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('fetchItems', () => {
  it('a file → its bytes', async () => {
    const url = await serve((_request, response) => response.end('1\n2\n'));
    expect(await fetched(url)).toBe('1\n2\n');
  });

  it.each([
    'http://127.0.0.1:8099/x',
    'http://localhost:8099/x',
    'http://[::1]:8099/x',
    'http://[::ffff:10.0.0.1]:8099/x',
  ])('%s, private addresses not allowed → refused, saying how to allow it', async (url) => {
    await expect(fetched(url, false)).rejects.toMatchObject({
      type: 'BadInput',
      retry: { allowed: false },
      message: expect.stringContaining('OSTINATO_ALLOW_PRIVATE_URLS') as string,
    });
  });

  it('a redirect or a file that is not there → refused; the query is not shown', async () => {
    for (const status of [302, 404]) {
      const url = await serve((_request, response) =>
        response.writeHead(status, { location: '/other' }).end(),
      );
      const error = await fetched(url).catch((reason: Error) => reason);
      expect(error).toMatchObject({ type: 'BadInput' });
      expect((error as Error).message).toContain(`it answered ${status}`);
      expect((error as Error).message).not.toContain('secret');
    }
  });

  it('a server that is away, ill or breaks off → may be tried again', async () => {
    const ill = await serve((_request, response) => response.writeHead(503).end());
    await expect(fetched(ill)).rejects.toMatchObject({ retry: { allowed: true } });
    const broken = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('1\n', () => response.destroy());
    });
    await expect(fetched(broken)).rejects.toMatchObject({ retry: { allowed: true } });
    const closed = await serve((_request, response) => response.end());
    await new Promise((resolve) => server?.close(resolve));
    await expect(fetched(closed)).rejects.toMatchObject({
      type: 'Unavailable',
      retry: { allowed: true },
    });
  });
});
