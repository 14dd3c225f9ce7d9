// Proves how answers are handed on as they come: in order and whole, held back by a slow reader, over at
// once when the call is aborted, and with their connection kept where the end comes soon enough.
import { once } from 'node:events';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchStream } from '../../../../services/llm/wire/fetch-stream.ts';
import { waitFor } from '../../../support/wait-for.ts';

let server: Server;
let answer: RequestListener;
let connections = 0;
let agent: Agent;

beforeEach(async () => {
  connections = 0;
  server = createServer((request, response) => answer(request, response));
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

function ask(signal = new AbortController().signal) {
  const { port } = server.address() as AddressInfo;
  const options = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'POST', body: '{}' };
  return fetchStream(agent, options as never, signal);
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** An answer that has begun; what follows is the test's. */
async function begun() {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  answer = (_request, response) => {
    response.writeHead(200).write('first');
    resolve(response);
  };
  const { body } = await ask();
  expect(String((await body.next()).value)).toBe('first');
  return { body, response: await promise };
}

describe('fetchStream', () => {
  it('pieces → handed on one by one while the answer is written, then its end', async () => {
    const { body, response } = await begun();
    const second = body.next();
    response.write('second');
    expect(String((await second).value)).toBe('second');
    response.end('third');
    expect(await textOf(body)).toBe('third');
    expect(await body.next()).toEqual({ done: true, value: undefined });
  });

  it('an error of the server → its status, headers and body', async () => {
    answer = (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end('full');
    const { status, headers, body } = await ask();
    expect([status, headers['retry-after'], await textOf(body)]).toEqual([429, '7', 'full']);
  });

  it('a reader that does not read → the server is held back; it reads on → all of it, in order', async () => {
    const piece = 'x'.repeat(16 * 1024 * 1024);
    const { body, response } = await begun();
    let isSent = false;
    const sent = new Promise<void>((resolve) => void response.write(piece, () => resolve()));
    void sent.then(() => (isSent = true));
    response.end('last');
    // Long enough for all of it, were it read.
    answer = (_request, other) => void other.end('other');
    for (let call = 0; call < 300; call += 1) await textOf((await ask()).body);
    expect(isSent).toBe(false);
    const text = await textOf(body);
    await sent;
    expect([text.length, text.endsWith('last')]).toEqual([piece.length + 4, true]);
  });

  it('left at the last words, whose end comes later → the connection serves the next call', async () => {
    const { body, response } = await begun();
    await body.return?.();
    expect(await body.next()).toMatchObject({ done: true });
    response.end();
    await waitFor('the end', () => Object.values(agent.stats)[0]?.running === 0);
    answer = (_request, next) => void next.end('again');
    expect(await textOf((await ask()).body)).toBe('again');
    expect(connections).toBe(1);
  });

  it.each([
    ['ends no more', () => undefined],
    ['goes on and on', (response: ServerResponse) => response.write('x'.repeat(1024 * 1024))],
  ])('left, and the answer %s → its socket is closed', async (_what, goOn) => {
    const { body, response } = await begun();
    const closed = once(response, 'close');
    await body.return?.();
    goOn(response);
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  it('aborted while it waits for the head, or for a piece → the reason, and the socket is closed', async () => {
    const reason = new Error('enough');
    const early = new AbortController();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response.on('close', resolve);
      early.abort(reason);
    };
    await expect(ask(early.signal)).rejects.toBe(reason);
    await closed;
    await expect(ask(early.signal)).rejects.toBe(reason);

    const late = new AbortController();
    answer = (_request, response) => {
      response.writeHead(200).write('first');
      response.on('close', () => (isClosed = true));
    };
    let isClosed = false;
    const { body } = await ask(late.signal);
    await body.next();
    const waiting = body.next();
    late.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await waitFor('the socket to be closed', () => isClosed);
  });

  it('cut in the middle → what came, then the error of the socket', async () => {
    const { body, response } = await begun();
    response.write('second', () => response.destroy());
    expect(String((await body.next()).value)).toBe('second');
    await expect(body.next()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });
});
