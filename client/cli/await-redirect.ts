import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an authorization server sent the person back with. */
export interface RedirectAnswer {
  readonly state: string | null;
  readonly code: string | null;
  readonly iss: string | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
}

export interface RedirectListener {
  /** Where the authorization server sends the person. */
  readonly redirectUrl: string;
  /**
   * The first answer that carries the state. Others are shown the door, and nothing comes of them.
   *
   * @throws the signal's reason.
   */
  answer(state: string, signal: AbortSignal): Promise<RedirectAnswer>;
  /** Tells the person, whose browser waits, how it went; then the address is gone. */
  close(words: string): Promise<void>;
}

const PATH = '/callback';

/** Listens on this machine alone for the end of a login. @param port 0: a free one */
export async function awaitRedirect(port: number): Promise<RedirectListener> {
  let expected: string | null = null;
  const { promise, resolve } = Promise.withResolvers<RedirectAnswer>();
  let respond: ((words: string) => void) | null = null;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const end = (status: number, words: string): void => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
      });
      response.end(`${words}\n`);
    };
    if (request.method !== 'GET' || pathname !== PATH) return end(404, 'There is nothing here.');
    if (expected === null || searchParams.get('state') !== expected) {
      return end(400, 'This is the answer to another login. Begin anew.');
    }
    if (respond !== null) return end(409, 'This login has its answer already.');
    respond = (words) => end(200, words);
    const read = (name: string): string | null => searchParams.get(name) || null;
    resolve({
      ...{ state: read('state'), code: read('code'), iss: read('iss'), error: read('error') },
      errorDescription: read('error_description'),
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    redirectUrl: `http://127.0.0.1:${taken}${PATH}`,
    answer(state, signal) {
      expected = state;
      return new Promise((answered, stopped) => {
        const stop = () => stopped(signal.reason as Error);
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop, { once: true });
        void promise.then(answered).finally(() => signal.removeEventListener('abort', stop));
      });
    },
    async close(words) {
      respond?.(words);
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      await closed;
    },
  };
}
