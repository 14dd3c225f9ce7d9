import type { Dispatcher } from 'undici';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHeaders;
  readonly text: string;
}

export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What is called off before it is connected is not connected. */
type Controller = Pick<Dispatcher.DispatchController, 'abort'>;

/**
 * Sends by a dispatcher and collects the whole answer. undici's own `request` makes a stream of every
 * answer, which costs more time than all of the gateway's routing.
 *
 * @param maxErrorBytes an answer that is not 2xx is cut here and its socket closed.
 * @throws the reason of `signal` where that was aborted; else undici's errors.
 */
export function fetchWhole(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { signal, maxErrorBytes }: { readonly signal: AbortSignal; readonly maxErrorBytes: number },
): Promise<WholeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
  const chunks: Buffer[] = [];
  let controller = null as Controller | null;
  let status = 0;
  let headers: IncomingHeaders = {};
  let bytes = 0;
  const abort = (): void => {
    controller?.abort(signal.reason);
    fail(signal.reason);
  };
  const fail = (error: unknown): void => {
    signal.removeEventListener('abort', abort);
    reject(error);
  };
  const end = (): void => {
    signal.removeEventListener('abort', abort);
    resolve({ status, headers, text: textOf(chunks) });
  };
  if (signal.aborted) return Promise.reject(signal.reason);
  signal.addEventListener('abort', abort);
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      if (signal.aborted) started.abort(signal.reason);
      else controller = started;
    },
    onResponseStart(_controller, code, given) {
      status = code;
      headers = given;
    },
    onResponseData(running, chunk) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      const isError = status < 200 || status >= 300;
      if (!isError || bytes < maxErrorBytes) return;
      end();
      running.abort(new Error('The rest of the error is not read.'));
    },
    onResponseEnd: end,
    onResponseError: (_controller, error) => fail(error),
  });
  return promise;
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  return whole.toString('utf8');
}
