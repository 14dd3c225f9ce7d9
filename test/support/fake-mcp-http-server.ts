// A hand-written MCP server over Streamable HTTP, older era, that misbehaves on request. It uses no
// SDK, so that sessions, streams and bodies are exactly what is written here.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

interface RpcRequest {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: Record<string, unknown> };
}

export interface FakeHttpServer {
  readonly url: string;
  readonly port: number;
  /** Headers of every request, newest last. */
  readonly seen: { readonly method: string; readonly headers: IncomingMessage['headers'] }[];
  /** Tool calls that ran, by name. */
  readonly ran: string[];
  /** Tool calls whose connection was closed before they were answered. */
  readonly hungUp: string[];
  readonly cancelled: unknown[];
  readonly initialised: () => number;
  /** All sessions are unknown from now on, as after a restart. */
  forget(): void;
  /** Sends a notification on every open event stream. */
  notify(method: string): number;
  close(): Promise<void>;
}

export interface FakeHttpOptions {
  readonly port?: number;
  /** What a request with an unknown session gets. @default 404 */
  readonly forgottenStatus?: 400 | 404;
  /** What `tools/list` names; all others can be called too. @default ['echo'] */
  readonly tools?: readonly string[];
  /** Requests without this header get 401. */
  readonly token?: string;
}

export async function startFakeHttpServer(options: FakeHttpOptions = {}): Promise<FakeHttpServer> {
  const sessions = new Set<string>();
  const streams = new Set<ServerResponse>();
  const seen: FakeHttpServer['seen'] = [];
  const ran: string[] = [];
  const hungUp: string[] = [];
  const cancelled: unknown[] = [];
  let initialised = 0;

  const server = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    seen.push({ method: request.method ?? '', headers: request.headers });
    if (
      options.token !== undefined &&
      request.headers.authorization !== `Bearer ${options.token}`
    ) {
      response.writeHead(401).end('no');
      return;
    }
    const session = request.headers['mcp-session-id'];
    const message = body === '' ? null : (JSON.parse(body) as RpcRequest);
    if (message?.method === 'initialize') {
      initialised += 1;
      const id = `session-${initialised}`;
      sessions.add(id);
      const result = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: 'fake-http', version: '1.0.0' },
      };
      response.setHeader('mcp-session-id', id);
      answer(response, message.id, result);
      return;
    }
    if (session === undefined && message !== null) {
      rpcError(response, 400, message.id, -32000, 'Bad Request: Server not initialized');
      return;
    }
    if (typeof session !== 'string' || !sessions.has(session)) {
      const status = options.forgottenStatus ?? 404;
      rpcError(response, status, message?.id, -32000, 'Bad Request: No valid session ID provided');
      return;
    }
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': open\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    if (request.method === 'DELETE') {
      sessions.delete(session);
      response.writeHead(200).end();
      return;
    }
    if (message?.method === 'notifications/cancelled') cancelled.push(message.params);
    if (message?.id === undefined) response.writeHead(202).end();
    else if (message.method === 'tools/list') {
      const { tools = ['echo'] } = options;
      const listed = tools.map((name) => ({ name, inputSchema: { type: 'object' } }));
      answer(response, message.id, { tools: listed });
    } else call(message as Required<RpcRequest>, response);
  }

  function call({ id, params }: Required<RpcRequest>, response: ServerResponse): void {
    const { name = '', arguments: args = {} } = params;
    ran.push(name);
    response.on('close', () => {
      if (!response.writableFinished) hungUp.push(name);
    });
    const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
    const events = () => response.writeHead(200, { 'content-type': 'text/event-stream' });
    switch (name) {
      case 'echo':
        return answer(response, id, text(String(args['message'])));
      case 'wait':
        events().write(': working\n\n');
        return;
      case 'wait-silently':
        return;
      case 'break-off':
        events().write(': working\n\n');
        response.end();
        return;
      case 'cut':
        events().write(': working\n\n', () => response.destroy());
        return;
      case 'huge':
        return answer(response, id, text('y'.repeat(Number(args['bytes']))));
      case 'huge-stream':
        events().end(
          `id: 1\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result: text('y'.repeat(Number(args['bytes']))) })}\n\n`,
        );
        return;
      case 'bomb':
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(
            gzipSync(
              JSON.stringify({
                jsonrpc: '2.0',
                id,
                result: text('y'.repeat(Number(args['bytes']))),
              }),
            ),
          );
        return;
      case 'busy':
        response.writeHead(429, { 'retry-after': '7' }).end('slow down');
        return;
      case 'broken':
        response.writeHead(500).end('<html>oops</html>');
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
        return;
      case 'not-json':
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc": ');
        return;
    }
    rpcError(response, 200, id, -32602, `Unknown tool: ${name}`);
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    seen,
    ran,
    hungUp,
    cancelled,
    initialised: () => initialised,
    forget: () => sessions.clear(),
    notify: (method) => {
      for (const stream of streams) {
        stream.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
      }
      return streams.size;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, id: number | undefined, result: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.writeHead(200).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

function rpcError(
  response: ServerResponse,
  status: number,
  id: number | undefined,
  code: number,
  message: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }));
}
