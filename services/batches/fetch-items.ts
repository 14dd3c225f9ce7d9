import { lookup as resolveName } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { BlockList, isIP } from 'node:net';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';

/** Silence of the server after which reading ends, ms. */
const SILENCE_MS = 30_000;
/** Longest file, bytes. */
const MAX_BYTES = 512 * 1024 * 1024;

const PRIVATE = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(address, bits, 'ipv4');
}
for (const [address, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(address, bits, 'ipv6');
}

/**
 * Opens a file of items behind a URL. The address that is connected to is the one that was checked:
 * a name that points into a private network is refused, and redirects are not followed.
 *
 * @param allowPrivate also addresses of this machine and its networks.
 * @throws ServiceError (BadInput) for what another attempt does not mend, (Unavailable) otherwise.
 */
export async function* fetchItems(
  url: string,
  { signal, allowPrivate }: { readonly signal: AbortSignal; readonly allowPrivate: boolean },
): AsyncGenerator<Uint8Array> {
  const response = await open(url, signal, allowPrivate);
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) {
        throw bad(url, `it has more than ${MAX_BYTES} bytes`, 'Split the file.');
      }
      yield chunk;
    }
  } catch (error) {
    throw error instanceof ServiceError ? error : gone(url, error);
  } finally {
    response.destroy();
  }
}

async function open(
  url: string,
  signal: AbortSignal,
  allowPrivate: boolean,
): Promise<IncomingMessage> {
  const target = new URL(url);
  const get = target.protocol === 'https:' ? getHttps : getHttp;
  const literal = target.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(literal) !== 0 && isPrivate(literal)) throw refused(url, literal);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(
      target,
      { signal, lookup: checkedLookup(url, allowPrivate), headers: { accept: '*/*' } },
      resolve,
    );
    request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`silent for ${SILENCE_MS} ms`)));
    request.once('error', reject);
  }).catch((error: unknown) => {
    throw error instanceof ServiceError ? error : gone(url, error);
  });
  const status = response.statusCode ?? 0;
  if (status === 200) return response;
  response.destroy();
  if (status >= 500 || status === 429) throw gone(url, new Error(`it answered ${status}`));
  throw bad(url, `it answered ${status}`, 'Give the address of the file itself.');
}

function checkedLookup(url: string, allowPrivate: boolean): LookupFunction {
  return (host, options, done) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      const wrong = addresses.find(({ address }) => !allowPrivate && isPrivate(address));
      if (wrong !== undefined) return done(refused(url, wrong.address), '', 0);
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      done(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}

function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return PRIVATE.check(mapped, 'ipv4');
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function refused(url: string, address: string): ServiceError {
  return bad(
    url,
    `its address ${address} is in a private network`,
    'Upload the file, or set OSTINATO_ALLOW_PRIVATE_URLS=true.',
  );
}

function bad(url: string, why: string, remedy: string): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `The items at ${shown(url)} cannot be read: ${why}. ${remedy}`,
  );
}

function gone(url: string, error: unknown): ServiceError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ServiceError(
    FAILURE.unavailable,
    `The items at ${shown(url)} cannot be read now: ${code ?? message}.`,
    { cause: error, retry: { allowed: true, afterMs: null } },
  );
}

/** A query may hold a signature. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
