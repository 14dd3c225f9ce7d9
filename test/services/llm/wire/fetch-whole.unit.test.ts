// Proves how whole answers are collected: bytes joined before they are read as text, long errors cut
// with their socket closed, and a call that is aborted over at once, connected or not.
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchWhole } from '../../../../services/llm/wire/fetch-whole.ts';

let server: Server;
let answer: RequestListener;
let connectNever = false;
let agent: Agent;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  connectNever = false;
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

function ask(signal = new AbortController().signal, maxErrorBytes = 1_000) {
  const { port } = server.address() as AddressInfo;
  const options = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'POST', body: '{}' };
  const dispatcher = connectNever ? new Agent({ connect: () => undefined }) : agent;
  return fetchWhole(dispatcher, options as never, { signal, maxErrorBytes });
}

describe('fetchWhole', () => {
  it('a letter split over two chunks → whole, with status and headers', async () => {
    const [first, ...rest] = Buffer.from('ü');
    answer = (_request, response) => {
      response.writeHead(201, { 'x-one': 'yes' });
      response.write(Buffer.from([first ?? 0]), () => response.end(Buffer.from(rest)));
    };
    const { status, headers, text } = await ask();
    expect([status, headers['x-one'], text]).toEqual([201, 'yes', 'ü']);
  });

  it('no body → empty text', async () => {
    answer = (_request, response) => response.writeHead(204).end();
    expect(await ask()).toMatchObject({ status: 204, text: '' });
  });

  it('an error without an end → what came up to the limit, and the socket is closed', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response.writeHead(500).write('x'.repeat(2_000));
      response.on('close', resolve);
    };
    const { status, text } = await ask();
    expect([status, text.length >= 1_000]).toEqual([500, true]);
    await closed;
  });

  it('a good answer above the limit of errors → whole', async () => {
    answer = (_request, response) => response.end('x'.repeat(200_000));
    expect((await ask()).text).toHaveLength(200_000);
  });

  it('aborted while it waits → the reason, and the socket is closed', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const controller = new AbortController();
    const reason = new Error('enough');
    answer = (_request, response) => {
      response.on('close', resolve);
      controller.abort(reason);
    };
    await expect(ask(controller.signal)).rejects.toBe(reason);
    await closed;
  });

  it('aborted before it is connected, or before it is sent → the reason', async () => {
    connectNever = true;
    const controller = new AbortController();
    const reason = new Error('enough');
    const asked = ask(controller.signal);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(ask(controller.signal)).rejects.toBe(reason);
  });

  it('cut in the middle, or refused → the error of the socket', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('abc', () => response.destroy());
    };
    await expect(ask()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    const options = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'POST' } as const;
    const { signal } = new AbortController();
    const refused = fetchWhole(agent, options, { signal, maxErrorBytes: 1 });
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
