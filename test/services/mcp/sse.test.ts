// Proves that the older HTTP+SSE transport is bounded, cancelled and reconnected like the others.
// By a hand-written server with one event stream a client.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpError } from '../../../services/mcp/mcp-error.ts';
import { callOf, remote, silent, targetOf } from '../../support/fake-mcp-target.ts';
import { freePort } from '../../support/free-port.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string };
}

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** @param refuse the status that a request is refused with; `null`: it is served. */
async function start(
  maxResultBytes = 1_000_000,
  refuse: (method: string, tool: string | undefined) => number | null = () => null,
) {
  const streams = new Set<ServerResponse>();
  const seen: Message[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      const status = refuse('GET', undefined);
      if (status !== null) {
        response.writeHead(status).end('no');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /message\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message;
      seen.push(message);
      const status = refuse(message.method, message.params?.name);
      response.writeHead(status ?? 202, { 'retry-after': '7' }).end(status === null ? '' : 'no');
      if (status !== null) return;
      answer(message, [...streams].at(-1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = createMcpConnections({ log: silent, env: {}, limits: { maxResultBytes } });
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  closers.push(() => connections.close());
  const { port } = server.address() as AddressInfo;
  return {
    connections,
    seen,
    streams,
    target: targetOf('old', remote('sse', `http://127.0.0.1:${port}/sse`)),
  };
}

function answer({ id, method, params }: Message, stream: ServerResponse | undefined): void {
  if (id === undefined || stream === undefined) return;
  const send = (result: unknown) =>
    stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
  const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
  if (method === 'initialize') {
    send({
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'old', version: '0.1.0' },
    });
  } else if (params?.name === 'huge') send(text('y'.repeat(3_000_000)));
  else if (params?.name === 'hang-up') stream.destroy();
  else if (params?.name !== 'wait') send(text('fine'));
}

async function failureOf(promise: Promise<unknown>): Promise<McpError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ServiceError' });
  return error as McpError;
}

describe('HTTP+SSE', () => {
  it('is called → greeted in the older way without a question', async () => {
    const { connections, target, seen } = await start();
    const result = await connections.call(target, callOf('any'));
    expect(result.content).toEqual([{ type: 'text', text: 'fine' }]);
    expect(seen[0]?.method).toBe('initialize');
    expect(connections.health()).toMatchObject([{ era: '2024-11-05' }]);
  });

  it('answers more than the limit → too large; connected again, the next call works', async () => {
    const { connections, target } = await start();
    const error = await failureOf(connections.call(target, callOf('huge')));
    expect(error.type).toBe(FAILURE.payloadTooLarge);
    expect(error.message).toMatch(/"huge" of server "old" answered with .* the limit is 1000000/);
    await waitFor('the connection', () => connections.health()[0]?.state === 'connected');
    expect((await connections.call(target, callOf('any'))).isError).toBe(false);
  });

  it('hangs up in a call → unavailable and sent at once; connected again with a new handshake', async () => {
    const { connections, target, seen } = await start();
    const error = await failureOf(connections.call(target, callOf('hang-up')));
    expect(error).toMatchObject({
      type: FAILURE.toolUnavailable,
      sent: true,
      retry: { allowed: true },
    });
    await waitFor('the connection', () => connections.health()[0]?.state === 'connected');
    expect(seen.filter(({ method }) => method === 'initialize')).toHaveLength(2);
    expect((await connections.call(target, callOf('any'))).isError).toBe(false);
  });

  it('a call is cancelled → the server is told', async () => {
    const { connections, target, seen } = await start();
    const abort = new AbortController();
    const waiting = connections.call(target, callOf('wait', {}, { signal: abort.signal }));
    await waitFor('the call', () => seen.some(({ params }) => params?.name === 'wait'));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await waitFor('the notice', () =>
      seen.some(({ method }) => method === 'notifications/cancelled'),
    );
  });

  it('disconnected → the event stream is closed', async () => {
    const { connections, target, streams } = await start();
    await connections.call(target, callOf('any'));
    await connections.disconnect(target.tenantId, target.server);
    await waitFor('the stream to close', () => streams.size === 0);
  });
});

describe('an HTTP+SSE server that refuses', () => {
  it.each([
    [401, false, 'Check the Authorization header'],
    [403, false, 'Check the Authorization header'],
    [404, false, 'HTTP 404'],
    [429, true, 'HTTP 429'],
    [503, true, 'HTTP 503'],
  ])('its event stream with %i → unavailable, again: %s', async (status, allowed, says) => {
    const { connections, target } = await start(undefined, () => status);
    const error = await failureOf(connections.listTools(target));
    expect(error).toMatchObject({ type: FAILURE.toolUnavailable, sent: false, retry: { allowed } });
    expect(error.message).toContain(says);
    expect(error.message).toContain(`answered the handshake with HTTP ${status}`);
  });

  it.each([
    [400, false, null, false],
    [401, false, null, false],
    [403, false, null, false],
    [404, true, 7_000, false],
    [429, true, 7_000, false],
    [500, true, 7_000, true],
  ])('a call with %i → again: %s after %s ms, sent: %s', async (status, allowed, afterMs, sent) => {
    const refuse = (_method: string, tool: string | undefined) =>
      tool === 'refused' ? status : null;
    const { connections, target } = await start(undefined, refuse);
    const error = await failureOf(connections.call(target, callOf('refused')));
    expect(error).toMatchObject({
      type: FAILURE.toolUnavailable,
      sent,
      retry: { allowed, afterMs },
    });
    expect(error.message).toContain(`was refused with HTTP ${status}`);
  });

  it('a call with 404, its session being lost → a new session, and the call again', async () => {
    let refusals = 0;
    const { connections, target, seen } = await start(undefined, (_method, tool) =>
      tool === 'any' && (refusals += 1) === 1 ? 404 : null,
    );
    expect((await connections.call(target, callOf('any'))).isError).toBe(false);
    expect(seen.filter(({ method }) => method === 'initialize')).toHaveLength(2);
  });

  it('nothing listens → what the network said', async () => {
    const error = await failureOf(
      createMcpConnections({ log: silent, env: {} }).listTools(
        targetOf('old', remote('sse', `http://127.0.0.1:${await freePort()}/sse`)),
      ),
    );
    expect(error.message).toContain('nothing listens at this address (ECONNREFUSED)');
  });
});
