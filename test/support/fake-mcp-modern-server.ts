// A server of the newer era, built on @modelcontextprotocol/server: over HTTP in this process, or
// over stdio as a program (`node fake-mcp-modern-server.ts`).
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpRequestContext } from '@modelcontextprotocol/server';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

export interface ModernServer {
  readonly url: string;
  readonly port: number;
  /** JSON-RPC methods asked for, oldest first, each with the header that mirrors it. */
  readonly asked: {
    readonly method: string;
    readonly header: string | undefined;
    readonly region: string | undefined;
  }[];
  readonly aborted: string[];
  addTool(name: string): void;
  close(): Promise<void>;
}

function createTools(
  extra: readonly string[],
  aborted: string[],
  headers: readonly string[],
): McpServer {
  const server = new McpServer(
    { name: 'modern', version: '3.0.0' },
    { capabilities: { tools: { listChanged: true } }, instructions: 'Be kind.' },
  );
  server.registerTool(
    'echo',
    { description: 'Says it again.', inputSchema: z.object({ message: z.string() }) },
    ({ message }) => ({ content: [{ type: 'text', text: message }] }),
  );
  server.registerTool(
    'count',
    {
      description: 'Counts with progress.',
      inputSchema: z.object({ steps: z.number() }),
      outputSchema: z.object({ counted: z.number() }),
    },
    async ({ steps }, ctx) => {
      for (let step = 1; step <= steps; step += 1) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        await ctx.mcpReq.notify({
          method: 'notifications/progress',
          params: {
            progressToken: ctx.mcpReq._meta?.progressToken ?? 0,
            progress: step,
            total: steps,
          },
        });
      }
      return { content: [], structuredContent: { counted: steps } };
    },
  );
  server.registerTool(
    'wait',
    { description: 'Never answers.', inputSchema: z.object({}) },
    (_args, ctx) =>
      new Promise((_resolve, reject) => {
        ctx.mcpReq.signal.addEventListener('abort', () => {
          aborted.push('wait');
          reject(new Error('aborted'));
        });
      }),
  );
  for (const [index, header] of headers.entries()) {
    const region = { type: 'string', 'x-mcp-header': header } as { type: 'string' };
    server.registerTool(
      `with-header-${index}`,
      {
        inputSchema: fromJsonSchema<{ region: string }>({
          type: 'object',
          properties: { region },
          required: ['region'],
        }),
      },
      (args) => ({ content: [{ type: 'text', text: args.region }] }),
    );
  }
  for (const name of extra) {
    server.registerTool(name, { inputSchema: z.object({}) }, () => ({ content: [] }));
  }
  return server;
}

/** @param options `headers`: for each, a tool `with-header-<index>` that wants its argument `region` under this header */
export async function startModernServer(
  options: { port?: number; legacy?: 'stateless' | 'reject'; headers?: readonly string[] } = {},
): Promise<ModernServer> {
  const asked: ModernServer['asked'] = [];
  const aborted: string[] = [];
  const extra: string[] = [];
  const handler = createMcpHandler(
    (_ctx: McpRequestContext) => createTools(extra, aborted, options.headers ?? []),
    {
      legacy: options.legacy ?? 'reject',
    },
  );
  const node = toNodeHandler(handler);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || 'null') as {
        method?: string;
      } | null;
      asked.push({
        method: body?.method ?? request.method ?? '',
        header: request.headers['mcp-method'] as string | undefined,
        region: request.headers['mcp-param-region'] as string | undefined,
      });
      void node(request as Parameters<typeof node>[0], response, body ?? undefined);
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    asked,
    aborted,
    addTool: (name) => {
      extra.push(name);
      handler.notify.toolsChanged();
    },
    close: async () => {
      await handler.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

if (import.meta.main) serveStdio(() => createTools([], [], []), { legacy: 'reject' });
