import { setTimeout as delay } from 'node:timers/promises';
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  MessageExtraInfo,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client';
import type { CallRecord } from './call-record.ts';
import { currentCall } from './call-record.ts';
import { oversizedAnswer, oversizedBytes } from './oversized-answer.ts';

/** Of our own making: the server's stream broke off before the answer. */
export const STREAM_ENDED = -32_891;

/** A server that does not take the cancellation within this time is hung up on, ms. */
const CANCEL_NOTICE_MS = 1_000;

interface Pending {
  readonly record: CallRecord | undefined;
  readonly abort: AbortController;
}

/**
 * Adds to a transport what the SDK leaves out: what was sent and how large the answer was, a
 * failure for a request whose HTTP stream ended without an answer, and, in the older era, an
 * aborted HTTP request after a cancellation.
 */
export class TrackedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];

  /** Told of every error of the wire, whoever listens above. */
  onInnerError?: (error: Error) => void;

  /** How many calls had no answer yet when the connection ended. */
  pendingAtClose = 0;

  protected readonly inner: Transport;
  #closed = false;
  readonly #pending = new Map<RequestId, Pending>();
  readonly #messageBytes: () => number;

  /** @param messageBytes size of the message being delivered; 0 where only the record knows it */
  constructor(inner: Transport, messageBytes: () => number = () => 0) {
    this.inner = inner;
    this.#messageBytes = messageBytes;
  }

  get sessionId(): string | undefined {
    return this.inner.sessionId;
  }

  get hasPerRequestStream(): boolean {
    return this.inner.hasPerRequestStream === true;
  }

  /** Tool calls that have no answer yet. */
  callsUnderWay(): readonly CallRecord[] {
    return [...this.#pending.values()].flatMap(({ record }) => record ?? []);
  }

  start(): Promise<void> {
    this.inner.onmessage = (message, extra) => this.#receive(message, extra);
    this.inner.onerror = (error) => {
      this.onInnerError?.(error);
      this.onerror?.(error);
    };
    this.inner.onclose = () => this.#ended();
    return this.inner.start();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  setProtocolVersion(version: string): void {
    this.inner.setProtocolVersion?.(version);
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.inner.setSupportedProtocolVersions?.(versions);
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!('method' in message)) return this.inner.send(message, options);
    if (!('id' in message)) {
      if (message.method === 'notifications/cancelled') return this.#cancel(message, options);
      return this.inner.send(message, options);
    }
    const { id } = message;
    const pending: Pending = { record: currentCall.getStore(), abort: new AbortController() };
    this.#pending.set(id, pending);
    if (pending.record !== undefined) {
      pending.record.sent = true;
      pending.record.dropAnswer = (bytes) => {
        this.#receive(oversizedAnswer(id, bytes), undefined);
        pending.abort.abort();
      };
    }
    const given = options?.requestSignal;
    given?.addEventListener('abort', () => this.#pending.delete(id), { once: true });
    try {
      await this.inner.send(message, {
        ...options,
        requestSignal:
          given === undefined
            ? pending.abort.signal
            : AbortSignal.any([given, pending.abort.signal]),
        // A subscription brings its own and takes care of the end itself.
        onRequestStreamEnd: options?.onRequestStreamEnd ?? (() => this.#streamEnded(id)),
      });
    } catch (error) {
      this.#pending.delete(id);
      throw error;
    }
  }

  /** Some transports announce every `close`; what was pending counts at the first. */
  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    const pending = [...this.#pending.values()];
    this.pendingAtClose = pending.filter(({ record }) => record !== undefined).length;
    this.#pending.clear();
    this.onclose?.();
  }

  #receive(message: JSONRPCMessage, extra: MessageExtraInfo | undefined): void {
    if (!('method' in message) && message.id !== undefined) {
      const record = this.#pending.get(message.id)?.record;
      this.#pending.delete(message.id);
      if (record !== undefined) {
        record.bytes = Math.max(record.bytes, this.#messageBytes());
        record.tooLargeBytes ??= oversizedBytes(message);
      }
    }
    this.onmessage?.(message, extra);
  }

  #streamEnded(id: RequestId): void {
    if (!this.#pending.has(id)) return;
    const error = { code: STREAM_ENDED, message: 'The stream ended without an answer.' };
    this.#receive({ jsonrpc: '2.0', id, error }, undefined);
  }

  /** Tells the server, then lets go of the request's own connection even if it does not listen. */
  async #cancel(message: JSONRPCNotification, options?: TransportSendOptions): Promise<void> {
    const id = (message.params as { readonly requestId?: RequestId } | undefined)?.requestId;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id !== undefined) this.#pending.delete(id);
    try {
      await Promise.race([
        this.inner.send(message, options),
        delay(CANCEL_NOTICE_MS, undefined, { ref: false }),
      ]);
    } finally {
      pending?.abort.abort();
    }
  }
}
