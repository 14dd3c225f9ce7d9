import { ClientError } from './client-error.ts';
import { pause } from './pause.ts';
import type { ServerSentEvent } from './server-events.ts';
import { readServerEvents } from './server-events.ts';

/** Where the HTTP API is. */
export interface ApiAddress {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** @default it wants none */
  readonly key?: string | undefined;
}

export interface ApiEventsOptions {
  readonly signal: AbortSignal;
  /** Id of the last event that is known. @default none */
  readonly after: string | null;
}

/** The line was lost, and is being opened again. */
export interface LineLost {
  readonly event: 'line-lost';
  readonly why: string;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;

/**
 * The events of an event stream of the API, over as many connections as it takes: each goes on after
 * the last id. Ends when the server says that there is nothing more (204), or with the signal.
 *
 * @throws ClientError (`not-found`, `bad-input`)
 */
export async function* apiEvents(
  api: ApiAddress,
  path: string,
  { signal, after }: ApiEventsOptions,
): AsyncGenerator<ServerSentEvent | LineLost> {
  let id = after;
  let retryMs = FIRST_RETRY_MS;
  let isLost = false;
  while (!signal.aborted) {
    let why = 'The API ended the stream.';
    try {
      const response = await ask(api, path, id, signal);
      if (response.status === 204 || response.body === null) return;
      for await (const event of readServerEvents(response.body)) {
        id = event.id ?? id;
        retryMs = FIRST_RETRY_MS;
        isLost = false;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ClientError && error.code !== 'unavailable') throw error;
      why = error instanceof ClientError ? error.message : `The API went away (${String(error)}).`;
    }
    if (signal.aborted) return;
    if (!isLost) yield { event: 'line-lost', why };
    isLost = true;
    await pause(retryMs, [signal]);
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
  }
}

/** @throws ClientError: `unavailable` may pass, the others will not. */
async function ask(
  { url, key }: ApiAddress,
  path: string,
  id: string | null,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
    signal,
    redirect: 'error',
    headers: {
      accept: 'text/event-stream',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(id === null ? {} : { 'last-event-id': id }),
    },
  });
  if (response.ok) return response;
  const message = messageOf(await response.text()) ?? `The API answered ${response.status}.`;
  if (response.status === 404) throw new ClientError('not-found', message);
  const passes = response.status === 429 || response.status >= 500;
  throw new ClientError(passes ? 'unavailable' : 'bad-input', message);
}

function messageOf(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : null;
  } catch {
    return null;
  }
}
