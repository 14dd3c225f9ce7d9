// Proves that an MCP server over WebSocket lets only the right clients in and outlives bad ones. By
// raw sockets; that it speaks MCP is shown in test/services/mcp/websocket.test.ts.
import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ServeWebSocketOptions, WebSocketServing } from '../../sdk/index.ts';
import { serveWebSocket } from '../../sdk/index.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(options: ServeWebSocketOptions = {}): Promise<WebSocketServing> {
  const serving = await serveWebSocket(
    () => new McpServer({ name: 's', version: '1.0.0' }),
    options,
  );
  closers.push(() => serving.close());
  return serving;
}

describe('serveWebSocket', () => {
  const upgrade = async (url: string, protocols: string[], options = {}) => {
    const socket = new WebSocket(url, protocols, options);
    const outcome = await new Promise<string>((resolve) => {
      socket.once('open', () => resolve(`open ${socket.protocol}`));
      socket.once('error', (error) => resolve(error.message));
    });
    socket.terminate();
    return outcome;
  };

  it.each([
    ['with the subprotocol', ['mcp'], {}, 'open mcp'],
    ['with others beside it', ['soap', 'mcp'], {}, 'open mcp'],
    ['without it', [], {}, 'Unexpected server response: 400'],
    [
      'a web page not on the list',
      ['mcp'],
      { origin: 'https://evil.example' },
      'Unexpected server response: 403',
    ],
    ['a web page on the list', ['mcp'], { origin: 'https://good.example' }, 'open mcp'],
  ])('%s → %s', async (_case, protocols, options, outcome) => {
    const { url } = await serve({ allowedOrigins: ['https://good.example'] });
    expect(await upgrade(url, protocols as string[], options)).toBe(outcome);
  });

  it('more than the allowed number → the next is refused', async () => {
    const { url } = await serve({ maxConnections: 1 });
    const first = new WebSocket(url, ['mcp']);
    await once(first, 'open');
    expect(await upgrade(url, ['mcp'])).toBe('Unexpected server response: 503');
    first.terminate();
  });

  it('garbage in a frame → that connection is closed, the server lives', async () => {
    const { url } = await serve();
    const socket = new WebSocket(url, ['mcp']);
    await once(socket, 'open');
    socket.send('this is not JSON');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1007);
    expect(await upgrade(url, ['mcp'])).toBe('open mcp');
  });

  it('a port that is taken → the start fails and names it', async () => {
    const port = Number(new URL((await serve()).url).port);
    await expect(
      serveWebSocket(() => new McpServer({ name: 's', version: '1' }), { port }),
    ).rejects.toThrow(new RegExp(`EADDRINUSE.*${port}`));
  });
});
