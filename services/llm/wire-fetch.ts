import { ProviderHttpError } from './provider-http-error.ts';

const MAX_ERROR_BODY_BYTES = 64 * 1024;

/**
 * The `fetch` that every SDK is given. It throws on a status that is not 2xx before the SDK sees it,
 * so that one table can classify the errors of all of them: some SDKs keep no headers, and so lose
 * Retry-After.
 */
export const wireFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.ok) return response;
  throw new ProviderHttpError(response.status, response.headers, await errorBody(response));
};

async function errorBody(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream and frees the socket.
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_ERROR_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BODY_BYTES).toString('utf8');
}
