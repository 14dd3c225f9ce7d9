import { LRUCache } from 'lru-cache';
import type { Dispatcher } from 'undici';
import { operatorDispatcher } from '../../net/outbound.ts';
import { ProviderHttpError } from '../provider-http-error.ts';
import { bodyText } from './body-text.ts';
import type { IncomingHeaders } from './fetch-whole.ts';
import { fetchStream } from './fetch-stream.ts';
import { fetchWhole } from './fetch-whole.ts';

/** A call of a provider's API: JSON in the body, JSON or a stream in the answer. */
export interface WireCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

const MAX_ERROR_BODY_BYTES = 64 * 1024;

/**
 * Sends a call and reads the whole answer. The vendors' SDKs are not used: each costs more time than
 * all of the gateway, some keep no headers and so lose Retry-After, and all would retry by themselves.
 *
 * @throws ProviderHttpError for a status that is not 2xx; SyntaxError where the body is no JSON.
 */
export async function postForJson(call: WireCall): Promise<unknown> {
  const { status, headers, text } = await fetchWhole(operatorDispatcher(), toOptions(call), {
    signal: call.signal,
    maxErrorBytes: MAX_ERROR_BODY_BYTES,
  });
  if (isGood(status)) return JSON.parse(text) as unknown;
  throw new ProviderHttpError(status, toHeaders(headers), text.slice(0, MAX_ERROR_BODY_BYTES));
}

/**
 * Sends a call and hands on the body as its bytes arrive; aborting the signal closes the socket.
 *
 * @throws ProviderHttpError for a status that is not 2xx.
 */
export async function postForStream(call: WireCall): Promise<AsyncIterable<Uint8Array>> {
  const { status, headers, body } = await fetchStream(
    operatorDispatcher(),
    toOptions(call),
    call.signal,
  );
  if (isGood(status)) return body;
  throw new ProviderHttpError(status, toHeaders(headers), await errorBody(body));
}

/**
 * For the dispatcher of the operator's URLs: connections are kept and judged once, and Node's settings
 * for proxies and certificates hold. No time limit of its own: `signal` is the one.
 */
function toOptions({ url, headers, body }: WireCall): Dispatcher.RequestOptions {
  return {
    ...placeOf(url),
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: bodyText(body),
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

interface Place {
  readonly origin: string;
  readonly path: string;
}

const MAX_PLACES = 1_000;
const places = new LRUCache<string, Place>({ max: MAX_PLACES });

/** Calls go to few URLs, and each look into one takes as long as ranking the routes does. */
function placeOf(url: string): Place {
  const known = places.get(url);
  if (known !== undefined) return known;
  const { origin, pathname, search } = new URL(url);
  const place = { origin, path: pathname + search };
  places.set(url, place);
  return place;
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function toHeaders(given: IncomingHeaders): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}

async function errorBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_ERROR_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BODY_BYTES).toString('utf8');
}
