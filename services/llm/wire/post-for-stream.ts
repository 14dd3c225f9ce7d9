import { wireFetch } from '../wire-fetch.ts';

/**
 * Sends JSON and hands on the body as its bytes arrive. The vendors' SDKs are not used for streams:
 * one of them skips what it cannot parse, one takes a broken connection for the end, and each costs
 * time on every chunk.
 *
 * @throws ProviderHttpError for a status that is not 2xx.
 */
export async function postForStream(request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
}): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await wireFetch(request.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...request.headers },
    body: JSON.stringify(request.body),
    signal: request.signal,
  });
  return body ?? nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
