// Proves that MCP works over WebSocket in both eras, with headers on the upgrade, a bound on message
// size and clean ends. By our own server (sdk/websocket-server.ts) and by raw sockets that misbehave.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { FAILURE } from '../../../common/failures.ts';
import type { ServeWebSocketOptions, WebSocketServing } from '../../../sdk/index.ts';
import { serveWebSocket } from '../../../sdk/index.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import type { McpConnections } from '../../../services/mcp/mcp-connections.ts';
import type { McpError } from '../../../services/mcp/mcp-error.ts';
import { callOf, remote, silent, targetOf } from '../../support/fake-mcp-target.ts';
import { waitFor } from '../../support/wait-for.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => {});
});

function connect(limits: { maxResultBytes?: number } = {}, env: Record<string, string> = {}) {
  const connections = createMcpConnections({ log: silent, env, limits });
  closers.push(() => connections.close());
  return connections;
}

const live = new Set<McpServer>();

async function serve(options: ServeWebSocketOptions = {}): Promise<WebSocketServing> {
  const serving = await serveWebSocket(() => {
    const server = new McpServer({ name: 'socketed', version: '1.0.0' });
    server.registerTool(
      'repeat',
      { inputSchema: z.object({ text: z.string(), times: z.number() }) },
      ({ text, times }) => ({ content: [{ type: 'text', text: text.repeat(times) }] }),
    );
    live.add(server);
    return server;
  }, options);
  closers.push(() => serving.close());
  return serving;
}

async function failureOf(promise: Promise<unknown>): Promise<McpError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ServiceError' });
  return error as McpError;
}

const repeat = (times: number) => callOf('repeat', { text: 'y', times });
const check = async (connections: McpConnections, target: Parameters<McpConnections['call']>[0]) =>
  expect((await connections.call(target, repeat(3))).content).toEqual([
    { type: 'text', text: 'yyy' },
  ]);

describe('a WebSocket server', () => {
  it.each([
    ['auto', '2026-07-28'],
    ['2026-07-28', '2026-07-28'],
    ['2025-11-25', '2025-11-25'],
  ] as const)('asked for %s → speaks %s', async (protocol, era) => {
    const connections = connect();
    const target = targetOf('ws', remote('websocket', (await serve()).url), { protocol });
    expect((await connections.listTools(target)).era).toBe(era);
    await check(connections, target);
  });

  it('tells that its tools changed → heard in both eras', async () => {
    for (const protocol of ['2026-07-28', '2025-11-25'] as const) {
      live.clear();
      const connections = connect();
      const heard: string[] = [];
      connections.onToolsChanged((_tenant, name) => heard.push(name));
      const target = targetOf('ws', remote('websocket', (await serve()).url), { protocol });
      await connections.listTools(target);
      await waitFor('the notice', () => {
        for (const server of live) server.sendToolListChanged();
        return heard.length > 0;
      });
    }
  });

  it('wants a token → let in with it, refused without, with the remedy', async () => {
    const { url } = await serve({ bearerToken: 'open-sesame' });
    const connections = connect({}, { TOKEN: 'open-sesame' });
    const headers = { Authorization: 'Bearer ${TOKEN}' };
    await check(connections, targetOf('in', remote('websocket', url, headers)));
    const error = await failureOf(connections.listTools(targetOf('out', remote('websocket', url))));
    expect(error.type).toBe(FAILURE.toolUnavailable);
    expect(error.message).toMatch(/"out".*401.*Authorization header/);
  });

  it('answers more than the limit → too large, and the next call works', async () => {
    const connections = connect({ maxResultBytes: 100_000 });
    const target = targetOf('ws', remote('websocket', (await serve()).url));
    const error = await failureOf(connections.call(target, repeat(500_000)));
    expect(error.type).toBe(FAILURE.payloadTooLarge);
    expect(error.message).toMatch(/"repeat" of server "ws" answered with more than 100000 bytes/);
    await waitFor('the connection', () => connections.health()[0]?.state === 'connected');
    await check(connections, target);
  });

  it('goes away in a call → unavailable and sent; comes back → connected again', async () => {
    const first = await serve();
    const port = Number(new URL(first.url).port);
    const connections = connect();
    const target = targetOf('ws', remote('websocket', first.url));
    await check(connections, target);
    await first.close();
    await waitFor('the loss', () => connections.health()[0]?.state !== 'connected');
    const error = await failureOf(connections.call(target, repeat(1)));
    expect(error).toMatchObject({ type: FAILURE.toolUnavailable, sent: false });
    await serve({ port });
    await waitFor('the connection', () => connections.health()[0]?.state === 'connected');
    await check(connections, target);
  });

  it('nothing listens → an error that says so', async () => {
    const serving = await serve();
    await serving.close();
    const error = await failureOf(
      connect().listTools(targetOf('ws', remote('websocket', serving.url))),
    );
    expect(error.message).toMatch(/"ws".*ECONNREFUSED.*ws:\/\/127.0.0.1:\d+\/mcp is reachable/);
  });
});

describe('a peer that is no MCP server', () => {
  async function rawServer(onMessage: (socket: WebSocket, data: string) => void, protocol = 'mcp') {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: () => protocol,
    });
    await once(server, 'listening');
    server.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => onMessage(socket, data.toString())),
    );
    closers.push(async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('never answers → a timeout', async () => {
    const url = await rawServer(() => {});
    const target = targetOf('mute', remote('websocket', url), { connectTimeoutMs: 500 });
    const error = await failureOf(connect().listTools(target));
    expect(error.type).toBe(FAILURE.toolTimeout);
    expect(error.message).toMatch(/"mute" did not finish the handshake within 500 ms/);
  });

  it('hangs up on the first message → an error with the close code', async () => {
    const url = await rawServer((socket) => socket.close(4401, 'who are you'));
    const error = await failureOf(connect().listTools(targetOf('rude', remote('websocket', url))));
    expect(error.message).toMatch(/"rude".*4401.*who are you/);
  });
});
