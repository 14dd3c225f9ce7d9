import type { Dispatcher } from 'undici';
import { request as send } from 'undici';
import { operatorDispatcher } from '../../net/outbound.ts';
import { ProviderHttpError } from '../provider-http-error.ts';

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
  const body = await post(call);
  return JSON.parse(await body.text()) as unknown;
}

/**
 * Sends a call and hands on the body as its bytes arrive; leaving it early closes the socket.
 *
 * @throws ProviderHttpError for a status that is not 2xx.
 */
export function postForStream(call: WireCall): Promise<AsyncIterable<Uint8Array>> {
  return post(call);
}

/**
 * By the dispatcher for the operator's URLs: connections are kept and judged once, and Node's settings
 * for proxies and certificates hold. No time limit of its own: `signal` is the one.
 */
async function post({ url, headers, body, signal }: WireCall) {
  const answer = await send(url, {
    method: 'POST',
    dispatcher: operatorDispatcher(),
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return answer.body;
  throw new ProviderHttpError(statusCode, toHeaders(answer.headers), await errorBody(answer.body));
}

function toHeaders(given: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) {
    for (const value of [values ?? []].flat()) headers.append(name, value);
  }
  return headers;
}

async function errorBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early closes the socket.
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_ERROR_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BODY_BYTES).toString('utf8');
}
