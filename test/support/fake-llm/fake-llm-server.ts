import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { JsonValue } from '../../../common/json.ts';

/** What the server does with one request. */
export type Scripted =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: JsonValue | string;
    }
  /** Says nothing at all. */
  | { readonly kind: 'hang' }
  /** Headers and half of the body, then nothing. */
  | { readonly kind: 'stall'; readonly body: JsonValue }
  /** Headers and half of the body, then the connection breaks. */
  | { readonly kind: 'cut'; readonly body: JsonValue }
  /** Headers and the text; then the end, silence, or the connection breaks. */
  | {
      readonly kind: 'stream';
      readonly text: string;
      readonly then: 'end' | 'hang' | 'cut';
    }
  /** Headers, then the pieces as they come; `await` between them is the test's. */
  | { readonly kind: 'flow'; readonly pieces: AsyncIterable<string> }
  /** The connection breaks before the headers. */
  | { readonly kind: 'reset' };

export type Scriptable = Scripted | ((request: JournalEntry) => Scripted);

export interface JournalEntry {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonValue;
}

export interface FakeLlm {
  readonly url: string;
  /** Requests for a completion, in order; requests about models are not in it. */
  readonly journal: readonly JournalEntry[];
  /** Connections that the client closed while the server still owed it an answer. */
  readonly abandoned: () => number;
  /** Each request takes the next one; the last one stays. A function decides by the request. */
  script(...answers: readonly Scriptable[]): void;
  close(): Promise<void>;
}

/** The part of a wire format that a server decides. */
export interface FakeLlmFormat {
  /** Answers requests other than completions; `null`: this is one. */
  aside(request: { readonly path: string; readonly body: JsonValue }): JsonValue | null;
  /** What the real server would say to a malformed request; `null`: it is fine. */
  objection(request: JournalEntry): Extract<Scripted, { kind: 'answer' }> | null;
  /** A scripted answer as the stream that the request asked for. @default answers stay whole */
  streamed?(body: JsonValue): string;
}

/** A local server that takes what the real one would take and answers as it is told. */
export async function startFakeLlm(format: FakeLlmFormat): Promise<FakeLlm> {
  const journal: JournalEntry[] = [];
  const sockets = new Set<Socket>();
  let script: readonly Scriptable[] = [];
  let abandoned = 0;

  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    void readJson(request).then((body) => {
      const entry = { path: request.url ?? '', headers: request.headers, body };
      const aside = format.aside(entry);
      if (aside !== null) return send(response, 200, {}, aside);
      journal.push(entry);
      const objection = format.objection(entry);
      if (objection !== null) {
        return send(response, objection.status, objection.headers ?? {}, objection.body);
      }
      const [next, ...rest] = script;
      if (next === undefined) throw new Error('The fake server has no answer in its script.');
      if (rest.length > 0) script = rest;
      const scripted = typeof next === 'function' ? next(entry) : next;
      const wantsStream = (body as { stream?: unknown } | null)?.stream === true;
      if (
        wantsStream &&
        scripted.kind === 'answer' &&
        scripted.status === 200 &&
        typeof scripted.body === 'object' &&
        format.streamed !== undefined
      ) {
        play({ kind: 'stream', text: format.streamed(scripted.body), then: 'end' }, response);
      } else play(scripted, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    journal,
    abandoned: () => abandoned,
    script(...answers) {
      script = answers;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function play(scripted: Scripted, response: ServerResponse): void {
  switch (scripted.kind) {
    case 'answer':
      return send(response, scripted.status, scripted.headers ?? {}, scripted.body);
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'stream':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(scripted.text, () => {
        if (scripted.then === 'end') response.end();
        if (scripted.then === 'cut') response.socket?.destroy();
      });
      return;
    case 'flow':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      void pour(scripted.pieces, response);
      return;
    case 'stall':
    case 'cut': {
      const text = JSON.stringify(scripted.body);
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': text.length,
      });
      response.write(text.slice(0, text.length / 2), () => {
        if (scripted.kind === 'cut') response.socket?.destroy();
      });
    }
  }
}

async function pour(pieces: AsyncIterable<string>, response: ServerResponse): Promise<void> {
  for await (const piece of pieces) response.write(piece);
  response.end();
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: JsonValue | string,
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

async function readJson(request: IncomingMessage): Promise<JsonValue> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? null : (JSON.parse(text) as JsonValue);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
