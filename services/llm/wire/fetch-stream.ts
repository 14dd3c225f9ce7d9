import type { Dispatcher } from 'undici';
import type { IncomingHeaders } from './fetch-whole.ts';

export interface StreamedAnswer {
  readonly status: number;
  readonly headers: IncomingHeaders;
  /** Read once. Who leaves it early is done with it: see `fetchStream`. */
  readonly body: AsyncIterableIterator<Uint8Array>;
}

type Controller = Dispatcher.DispatchController;

/** A reader that is slower holds the provider back. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** What may still come of an answer that was left, so that its connection can be kept. */
const MAX_LEFT_BYTES = 64 * 1024;
const MAX_LEFT_MS = 250;

/**
 * Sends by a dispatcher and hands on the answer as it comes. undici's own `request` makes a stream of
 * it, which costs more time than reading the provider's events does.
 *
 * A body that is left early is read to its end for a moment, since the end often comes just after the
 * last words; then its socket is closed.
 *
 * @throws the reason of `signal` where that was aborted, here and from the body; else undici's errors.
 */
export function fetchStream(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<StreamedAnswer> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<StreamedAnswer>();
  let controller = null as Controller | null;
  const body = createBody();
  const abort = (): void => {
    controller?.abort(signal.reason);
    fail(signal.reason);
  };
  const fail = (error: unknown): void => {
    signal.removeEventListener('abort', abort);
    body.fail(error);
    reject(error);
  };
  signal.addEventListener('abort', abort);
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      if (signal.aborted) started.abort(signal.reason);
      else controller = started;
    },
    onResponseStart: (running, status, headers) =>
      resolve({ status, headers, body: body.reader(running) }),
    onResponseData: (_running, chunk) => body.add(chunk),
    onResponseEnd() {
      signal.removeEventListener('abort', abort);
      body.end();
    },
    onResponseError: (_running, error) => fail(error),
  });
  return promise;
}

type Read = IteratorResult<Uint8Array>;
type Reader = PromiseWithResolvers<Read>;

const DONE: Read = { done: true, value: undefined };

/** Pieces between the socket and one reader. */
function createBody() {
  const unread: Uint8Array[] = [];
  let unreadBytes = 0;
  let ended = false;
  let failure = null as { readonly error: unknown } | null;
  let waiting = null as Reader | null;
  let controller = null as Controller | null;
  let left = null as ReturnType<typeof createRest> | null;

  const take = (chunk: Uint8Array): Read => {
    unreadBytes -= chunk.byteLength;
    if (controller?.paused === true && unreadBytes < MAX_UNREAD_BYTES) controller.resume();
    return { done: false, value: chunk };
  };
  const next = (): Promise<Read> => {
    const chunk = unread.shift();
    if (chunk !== undefined) return Promise.resolve(take(chunk));
    if (failure !== null) return Promise.reject(failure.error);
    if (ended || left !== null) return Promise.resolve(DONE);
    waiting = Promise.withResolvers<Read>();
    return waiting.promise;
  };
  const stop = (settle: (reader: Reader) => void): void => {
    ended = true;
    left?.stop();
    if (waiting !== null) settle(waiting);
    waiting = null;
  };
  return {
    add(chunk: Uint8Array): void {
      if (left !== null) return left.add(chunk.byteLength);
      if (waiting !== null) {
        waiting.resolve({ done: false, value: chunk });
        waiting = null;
        return;
      }
      unread.push(chunk);
      unreadBytes += chunk.byteLength;
      if (unreadBytes >= MAX_UNREAD_BYTES) controller?.pause();
    },
    end: () => stop((reader) => reader.resolve(DONE)),
    fail(error: unknown): void {
      failure = { error };
      stop((reader) => reader.reject(error));
    },
    reader(running: Controller): AsyncIterableIterator<Uint8Array> {
      controller = running;
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next,
        return() {
          unread.length = 0;
          if (!ended) left ??= createRest(running);
          return Promise.resolve(DONE);
        },
      };
    },
  };
}

/** What comes after the reader has left. */
function createRest(controller: Controller) {
  let bytes = 0;
  const close = (): void => controller.abort(new Error('The rest of the answer is not read.'));
  const timer = setTimeout(close, MAX_LEFT_MS);
  if (controller.paused) controller.resume();
  return {
    add(more: number): void {
      bytes += more;
      if (bytes > MAX_LEFT_BYTES) close();
    },
    stop: () => clearTimeout(timer),
  };
}
