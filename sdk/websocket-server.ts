import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JSONRPCMessage, McpServerFactory, Transport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { WebSocket, WebSocketServer } from 'ws';

const SUBPROTOCOL = 'mcp';
const PING_EVERY_MS = 30_000;

export interface ServeWebSocketOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default '/mcp' */
  readonly path?: string;
  /** Clients must send `Authorization: Bearer …` with the upgrade. @default none is asked for */
  readonly bearerToken?: string;
  /** Web pages that may connect, by origin. Programs send no origin. @default none */
  readonly allowedOrigins?: readonly string[];
  /** @default 16 MiB */
  readonly maxMessageBytes?: number;
  /** @default 100 */
  readonly maxConnections?: number;
}

export interface WebSocketServing {
  readonly url: string;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves an MCP server over WebSocket (subprotocol `mcp`, one JSON-RPC message a text frame), in
 * both protocol eras. The factory is called for each connection, so that no two clients share a
 * server.
 */
export async function serveWebSocket(
  factory: McpServerFactory,
  options: ServeWebSocketOptions = {},
): Promise<WebSocketServing> {
  const { host = '127.0.0.1', port = 0, path = '/mcp', maxConnections = 100 } = options;
  const server = new WebSocketServer({
    host,
    port,
    path,
    maxPayload: options.maxMessageBytes ?? 16 * 1024 * 1024,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
    verifyClient: ({ req }, accept) => {
      const refusal = server.clients.size >= maxConnections ? 503 : refusalOf(req, options);
      accept(refusal === null, refusal ?? undefined);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  server.on('connection', (socket) => {
    serveStdio(factory, { transport: new SocketTransport(socket) });
  });
  const heartbeat = setInterval(() => pingAll(server), PING_EVERY_MS);
  heartbeat.unref();
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${listening}${path}`,
    close: async () => {
      clearInterval(heartbeat);
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The HTTP status to refuse the upgrade with, or `null`. */
function refusalOf(request: IncomingMessage, options: ServeWebSocketOptions): number | null {
  const { authorization, origin } = request.headers;
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  if (origin !== undefined && options.allowedOrigins?.includes(origin) !== true) return 403;
  if (
    options.bearerToken !== undefined &&
    !sameText(authorization, `Bearer ${options.bearerToken}`)
  ) {
    return 401;
  }
  return offered?.includes(SUBPROTOCOL) === true ? null : 400;
}

function sameText(given: string | undefined, expected: string): boolean {
  const left = Buffer.from(given ?? '');
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}

const missedPings = new WeakSet<WebSocket>();

function pingAll(server: WebSocketServer): void {
  for (const socket of server.clients) {
    if (missedPings.has(socket)) {
      socket.terminate();
      continue;
    }
    missedPings.add(socket);
    socket.once('pong', () => missedPings.delete(socket));
    socket.ping();
  }
}

/** One connection, as the SDK wants to see it. */
class SocketTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async start(): Promise<void> {
    this.#socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.#socket.on('error', (error) => this.onerror?.(error));
    this.#socket.on('close', () => this.onclose?.());
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(JSON.stringify(message), (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.close(1000);
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) throw new Error('A binary frame; MCP messages are text.');
      this.onmessage?.(JSON.parse(data.toString('utf8')) as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
      // Nothing sensible can follow on this connection.
      this.#socket.close(1007);
    }
  }
}
