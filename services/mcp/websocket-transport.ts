import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { checkedLookup, refuseLiteral } from '../net/checked-connect.ts';
import type { OutboundPolicy } from '../net/outbound-policy.ts';

const SUBPROTOCOL = 'mcp';
const PING_EVERY_MS = 30_000;
/** Time for the closing handshake before the socket is cut. */
const CLOSE_MS = 1_000;
/** What may wait to be written before the connection counts as stuck. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

export interface WebSocketTransportOptions {
  readonly url: string;
  /** Sent with the upgrade request, `Authorization` for example. */
  readonly headers: Readonly<Record<string, string>>;
  /** Judges where it connects to. */
  readonly policy: OutboundPolicy;
  readonly maxMessageBytes: number;
  readonly connectTimeoutMs: number;
}

/**
 * MCP over WebSocket, a custom transport that the specification allows: one JSON-RPC message a
 * text frame, subprotocol `mcp`. A peer that misses a ping is hung up on. A message over the limit
 * ends the connection (close code 1009), since a frame cannot be skipped.
 */
export class WebSocketTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];

  readonly #options: WebSocketTransportOptions;
  #socket: WebSocket | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #closed = false;
  #endedBy = '';
  /** A message larger than the limit was what ended the connection. */
  tooLarge = false;
  /** Size of the message that `onmessage` is being called with. */
  lastMessageBytes = 0;

  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
  }

  /** What is known about why the connection ended; empty when nothing is. */
  describeEnd(): string {
    return this.#endedBy;
  }

  async start(): Promise<void> {
    const { url, headers, policy, maxMessageBytes, connectTimeoutMs } = this.#options;
    const refused = refuseLiteral(policy, new URL(url).hostname);
    if (refused !== null) throw refused;
    const socket = new WebSocket(url, SUBPROTOCOL, {
      headers,
      maxPayload: maxMessageBytes,
      handshakeTimeout: connectTimeoutMs,
      perMessageDeflate: false,
      followRedirects: false,
      lookup: checkedLookup(policy),
    });
    this.#socket = socket;
    // An error that nobody listens to would end the process.
    socket.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        reject(refusal(response.statusCode ?? 0));
        socket.terminate();
      });
    });
    if (socket.protocol !== SUBPROTOCOL) {
      socket.terminate();
      throw new Error(`The server did not accept the subprotocol "${SUBPROTOCOL}".`);
    }
    this.#listen(socket);
  }

  send(message: JSONRPCMessage): Promise<void> {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error('The connection is closed.'));
    }
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      return Promise.reject(
        new Error(`The server reads too slowly: ${socket.bufferedAmount} bytes wait to be sent.`),
      );
    }
    return new Promise((resolve, reject) => {
      socket.send(JSON.stringify(message), (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#announceClose();
    if (socket === null || socket.readyState === WebSocket.CLOSED) return;
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    const cut = setTimeout(() => socket.terminate(), CLOSE_MS);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close(1000);
    });
    clearTimeout(cut);
  }

  #listen(socket: WebSocket): void {
    let alive = true;
    this.#heartbeat = setInterval(() => {
      if (!alive) {
        this.#endedBy ||= 'it did not answer a ping';
        socket.terminate();
        return;
      }
      alive = false;
      socket.ping();
    }, PING_EVERY_MS);
    this.#heartbeat.unref();
    socket.on('pong', () => (alive = true));
    socket.on('message', (data, isBinary) => {
      alive = true;
      this.#receive(data as Buffer, isBinary);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.tooLarge ||= error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#endedBy ||= error.message;
      this.onerror?.(error);
    });
    socket.on('close', (code, reason) => {
      this.#endedBy ||= `it closed the connection with code ${code}${reason.length > 0 ? ` (${reason.toString().slice(0, 200)})` : ''}`;
      this.#announceClose();
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    try {
      if (isBinary) throw new Error('A binary frame; MCP messages are text.');
      const message = JSON.parse(data.toString('utf8')) as JSONRPCMessage;
      this.lastMessageBytes = data.length;
      this.onmessage?.(message);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #announceClose(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }
}

/** In the form that HTTP transports use, so that a refused token reads the same everywhere. */
function refusal(status: number): SdkHttpError {
  return new SdkHttpError(
    SdkErrorCode.ClientHttpFailedToOpenStream,
    `The upgrade was answered with HTTP ${status}.`,
    { status },
  );
}
