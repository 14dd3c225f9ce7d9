import { z } from 'zod';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { Services } from './services.ts';

/** Asks the HTTP API. Answers are those of the routes; see /docs of the API. */
export interface ApiClient {
  /** A list becomes a repeated parameter. */
  get<Answer>(
    path: string,
    query?: Readonly<Record<string, string | readonly string[] | undefined>>,
  ): Promise<Answer>;
  send<Answer>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    extra?: ExtraOfRequest,
  ): Promise<Answer>;
  getBytes(path: string): Promise<Uint8Array>;
  /** Sends JSON lines as they come. */
  putLines<Answer>(path: string, lines: AsyncIterable<Uint8Array>): Promise<Answer>;
  /** The answer as it comes. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
}

export interface ExtraOfRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const errorBody = z.object({
  error: z.object({
    type: z.string(),
    message: z.string(),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

/** Long enough for a server to start and list its tools, and for a slow tool. */
const TIMEOUT_MS = 11 * 60_000;

export function createApiClient({ apiUrl, apiKey }: Services): ApiClient {
  const request = (
    method: string,
    path: string,
    body?: unknown,
    extra: ExtraOfRequest = {},
  ): Promise<Response> => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return reach(apiUrl, path, {
      method,
      redirect: 'error',
      signal: extra.signal === undefined ? timeout : AbortSignal.any([timeout, extra.signal]),
      headers: {
        accept: 'application/json',
        ...keyOf(apiKey),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...extra.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const ask = async <Answer>(
    method: string,
    path: string,
    body?: unknown,
    extra?: ExtraOfRequest,
  ): Promise<Answer> => {
    const response = await request(method, path, body, extra);
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok || (answer === null && text !== '')) {
      throw refusal(response.status, answer, apiUrl);
    }
    return answer as Answer;
  };
  return {
    get(path, query = {}) {
      const given = Object.entries(query).flatMap(([name, value = []]) =>
        (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
      );
      const search = new URLSearchParams(given).toString();
      return ask('GET', search === '' ? path : `${path}?${search}`);
    },
    send: ask,
    async putLines<Answer>(path: string, lines: AsyncIterable<Uint8Array>) {
      const response = await reach(apiUrl, path, {
        method: 'PUT',
        redirect: 'error',
        headers: { ...keyOf(apiKey), 'content-type': 'application/x-ndjson' },
        body: ReadableStream.from(lines),
        duplex: 'half',
      });
      const answer = parse(await response.text());
      if (!response.ok || answer === null) throw refusal(response.status, answer, apiUrl);
      return answer as Answer;
    },
    async stream(path) {
      const response = await reach(apiUrl, path, { redirect: 'error', headers: keyOf(apiKey) });
      if (response.ok && response.body !== null) return response.body;
      throw refusal(response.status, parse(await response.text()), apiUrl);
    },
    async getBytes(path) {
      const response = await request('GET', path);
      if (!response.ok) throw refusal(response.status, parse(await response.text()), apiUrl);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

function keyOf(apiKey: string | null): Readonly<Record<string, string>> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}

async function reach(apiUrl: string, path: string, init: RequestInit): Promise<Response> {
  if (!/^https?:\/\//.test(apiUrl) || !URL.canParse(`${apiUrl}${path}`)) {
    throw new CliError(EXIT.usage, `"${apiUrl}" is no address of an API: give http://HOST:PORT.`);
  }
  try {
    return await fetch(`${apiUrl}${path}`, init);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const code = (cause as { code?: string }).code ?? (cause as Error).message;
    throw new CliError(
      EXIT.unreachable,
      `The API does not answer at ${apiUrl} (${code}). Start it with "ostinato dev", or say where it is with --api or OSTINATO_URL.`,
      error,
    );
  }
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function refusal(status: number, answer: unknown, apiUrl: string): CliError {
  const parsed = errorBody.safeParse(answer);
  if (!parsed.success) {
    return new CliError(
      EXIT.unreachable,
      `What answers at ${apiUrl} is not the Ostinato API (status ${status}). Say where it is with --api or OSTINATO_URL.`,
    );
  }
  const { message } = parsed.data.error;
  if (status === 401) {
    return new CliError(EXIT.failed, 'The API wants a key: set OSTINATO_API_KEY to its value.');
  }
  return new CliError(status === 400 ? EXIT.usage : EXIT.failed, message);
}
