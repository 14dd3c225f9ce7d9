import { FAILURE } from '../../common/failures.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { OutboundFetch } from '../net/outbound.ts';

/** Longest file, bytes. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Opens a file of items behind a URL. Redirects are not followed.
 *
 * @param deps.fetch judges where the URL leads.
 * @throws ServiceError (BadInput) for what another attempt does not mend, (Unavailable) otherwise.
 */
export async function* fetchItems(
  url: string,
  deps: { readonly signal: AbortSignal; readonly fetch: OutboundFetch },
): AsyncGenerator<Uint8Array> {
  const body = await open(url, deps);
  let bytes = 0;
  try {
    // Leaving the loop early closes the socket.
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) {
        throw bad(url, `it has more than ${MAX_BYTES} bytes`, 'Split the file.');
      }
      yield chunk;
    }
  } catch (error) {
    throw isServiceError(error) ? error : gone(url, error);
  }
}

async function open(
  url: string,
  { signal, fetch }: { readonly signal: AbortSignal; readonly fetch: OutboundFetch },
): Promise<AsyncIterable<Uint8Array>> {
  const headers = { accept: '*/*' };
  const response = await fetch(url, { signal, headers, redirect: 'manual' }).catch(
    (error: unknown) => {
      throw isServiceError(error)
        ? bad(url, error.message, 'Or upload the file.')
        : gone(url, error);
    },
  );
  const { status, body } = response;
  if (status === 200) return body ?? new ReadableStream<Uint8Array>({ start: (to) => to.close() });
  await body?.cancel();
  if (status >= 500 || status === 429) throw gone(url, new Error(`it answered ${status}`));
  throw bad(url, `it answered ${status}`, 'Give the address of the file itself.');
}

function bad(url: string, why: string, remedy: string): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `The items at ${shown(url)} cannot be read: ${why.replace(/\.$/, '')}. ${remedy}`,
  );
}

function gone(url: string, error: unknown): ServiceError {
  const { code, message, cause } = error as NodeJS.ErrnoException;
  // fetch says only that it failed; its cause says why.
  const inner = cause as NodeJS.ErrnoException | undefined;
  return new ServiceError(
    FAILURE.unavailable,
    `The items at ${shown(url)} cannot be read now: ${code ?? inner?.code ?? inner?.message ?? message}.`,
    { cause: error, retry: { allowed: true, afterMs: null } },
  );
}

/** A query may hold a signature. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
