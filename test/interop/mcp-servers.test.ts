// Proves that the published MCP servers work over every transport they have, and that peers on the
// older SDK (1.x) understand us in both directions. By the real packages from node_modules.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeskTools } from '../../examples/servers/desk-tools.ts';
import { createMcpConnections } from '../../services/mcp/connections.ts';
import type { McpProgress } from '../../services/mcp/mcp-call.ts';
import type { McpConnections } from '../../services/mcp/mcp-connections.ts';
import type { McpTarget } from '../../services/mcp/mcp-target.ts';
import { startEverything } from '../support/fake-mcp-process.ts';
import {
  callOf,
  nodeServer,
  remote,
  serverProgram,
  silent,
  targetOf,
} from '../support/fake-mcp-target.ts';
import { waitFor } from '../support/wait-for.ts';

let connections: McpConnections;
let dir: string;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  connections = createMcpConnections({ log: silent, env: process.env });
  dir = await realpath(await mkdtemp(join(tmpdir(), 'mcp-interop-')));
});

afterAll(async () => {
  await connections.close();
  for (const close of closers) await close();
  await rm(dir, { recursive: true, force: true });
});

const textOf = async (target: McpTarget, tool: string, args: Parameters<typeof callOf>[1]) => {
  const { content } = await connections.call(target, callOf(tool, args));
  return content
    .map((block) => (block.type === 'text' ? block.text : `[${block.type}]`))
    .join('\n');
};

describe('server-everything', () => {
  const targets: [string, () => Promise<McpTarget>][] = [
    ['stdio', async () => targetOf('stdio', nodeServer(serverProgram('everything'), 'stdio'))],
    [
      'Streamable HTTP',
      async () => {
        const { port, close } = await startEverything('streamableHttp');
        closers.push(close);
        return targetOf('http', remote('http', `http://127.0.0.1:${port}/mcp`));
      },
    ],
    [
      'HTTP+SSE',
      async () => {
        const { port, close } = await startEverything('sse');
        closers.push(close);
        return targetOf('sse', remote('sse', `http://127.0.0.1:${port}/sse`));
      },
    ],
  ];

  it.each(targets)(
    'over %s → lists, calls, reports progress, keeps kinds',
    async (_kind, targetFor) => {
      const target = await targetFor();
      const listing = await connections.listTools(target);
      expect(listing.era).toBe('2025-11-25');
      expect(listing.tools.length).toBeGreaterThanOrEqual(10);
      expect(await textOf(target, 'echo', { message: 'hello' })).toBe('Echo: hello');
      expect(await textOf(target, 'get-sum', { a: 19, b: 23 })).toMatch(/42/);
      expect(await textOf(target, 'get-tiny-image', {})).toMatch(/\[image\]/);
      const weather = await connections.call(
        target,
        callOf('get-structured-content', { location: 'New York' }),
      );
      expect(weather.structured).toMatchObject({ temperature: expect.any(Number) });
      const progress: McpProgress[] = [];
      await connections.call(
        target,
        callOf(
          'trigger-long-running-operation',
          { duration: 0.4, steps: 4 },
          { onProgress: (each) => progress.push(each) },
        ),
      );
      // The last may be overtaken by the answer.
      expect(progress.length).toBeGreaterThanOrEqual(3);
      expect(progress[2]).toMatchObject({ progress: 3, total: 4 });
    },
  );

  it('over Streamable HTTP, killed and started again → calls work again', async () => {
    const first = await startEverything('streamableHttp');
    const target = targetOf('phoenix', remote('http', `http://127.0.0.1:${first.port}/mcp`));
    await textOf(target, 'echo', { message: 'a' });
    await first.close();
    const second = await startEverything('streamableHttp', first.port);
    closers.push(second.close);
    const answer = await waitFor('an answer', () =>
      textOf(target, 'echo', { message: 'b' }).catch(() => null),
    );
    expect(answer).toBe('Echo: b');
  });

  it('over HTTP+SSE, killed and started again → calls work again', async () => {
    const first = await startEverything('sse');
    const target = targetOf('phoenix-sse', remote('sse', `http://127.0.0.1:${first.port}/sse`));
    await textOf(target, 'echo', { message: 'a' });
    await first.close();
    const second = await startEverything('sse', first.port);
    closers.push(second.close);
    const answer = await waitFor('an answer', () =>
      textOf(target, 'echo', { message: 'b' }).catch(() => null),
    );
    expect(answer).toBe('Echo: b');
  });
});

describe('the other published servers', () => {
  it('server-filesystem → lists and reads what it may, refuses the rest as an answer', async () => {
    await writeFile(join(dir, 'note.txt'), 'seven samurai');
    const target = targetOf('files', nodeServer(serverProgram('filesystem'), dir));
    expect((await connections.listTools(target)).tools.length).toBeGreaterThanOrEqual(10);
    expect(await textOf(target, 'list_directory', { path: dir })).toMatch(/note\.txt/);
    expect(await textOf(target, 'read_text_file', { path: join(dir, 'note.txt') })).toBe(
      'seven samurai',
    );
    const refused = await connections.call(
      target,
      callOf('read_text_file', { path: '/etc/passwd' }),
    );
    expect(refused.isError).toBe(true);
  });

  it('server-memory, with a variable in its environment → remembers where it was told to', async () => {
    const file = join(dir, 'memory.jsonl');
    const own = createMcpConnections({ log: silent, env: { ...process.env, MEMORY: file } });
    closers.push(() => own.close());
    const target = targetOf('memory', {
      kind: 'stdio',
      command: process.execPath,
      args: [serverProgram('memory')],
      env: { MEMORY_FILE_PATH: '${MEMORY}' },
      cwd: null,
    });
    const entity = { name: 'Ostinato', entityType: 'project', observations: ['persists'] };
    await own.call(target, callOf('create_entities', { entities: [entity] }));
    await own.disconnect(target.tenantId, target.server);
    const graph = await own.call(target, callOf('read_graph'));
    expect(graph.structured).toMatchObject({ entities: [entity] });
  });

  it('server-sequential-thinking → thinks', async () => {
    const target = targetOf('thinking', nodeServer(serverProgram('sequential-thinking')));
    const answer = await connections.call(
      target,
      callOf('sequentialthinking', {
        thought: 'First things first.',
        thoughtNumber: 1,
        totalThoughts: 1,
        nextThoughtNeeded: false,
      }),
    );
    expect(answer.isError).toBe(false);
    expect(answer.structured).toMatchObject({ thoughtNumber: 1, nextThoughtNeeded: false });
  });
});

describe('peers on the older SDK', () => {
  it('its client on our WebSocket server → lists and calls', async () => {
    const serving = await startDeskTools();
    closers.push(() => serving.close());
    const client = new Client({ name: 'old-client', version: '1.0.0' });
    await client.connect(new WebSocketClientTransport(new URL(serving.url)) as never);
    expect((await client.listTools()).tools).toHaveLength(7);
    const result = await client.callTool({
      name: 'convert_units',
      arguments: { value: 1, from: 'km', to: 'm' },
    });
    expect(result.structuredContent).toMatchObject({ value: 1000, unit: 'm' });
    await client.close();
  });

  it('its stateless server under our client → lists and calls', async () => {
    const http = createServer((request, response) => {
      const server = new McpServer({ name: 'old-server', version: '1.0.0' });
      server.registerTool('ping', { description: 'Pongs.' }, () => ({
        content: [{ type: 'text', text: 'pong' }],
      }));
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: undefined,
      } as never);
      void server
        .connect(transport as never)
        .then(() => transport.handleRequest(request, response));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    const target = targetOf('old', remote('http', `http://127.0.0.1:${port}/mcp`));
    expect((await connections.listTools(target)).tools.map(({ name }) => name)).toEqual(['ping']);
    expect(await textOf(target, 'ping', {})).toBe('pong');
  });
});
