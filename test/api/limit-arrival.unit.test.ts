// Proves how long a body may take to arrive: a small server on a real socket, and senders that are
// slow, stop, or are not read.
import { request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptJsonOnly } from '../../api/middleware/json-body.ts';
import { limitArrival } from '../../api/middleware/limit-arrival.ts';

const LIMIT_MS = 120;
let server: FastifyInstance;
let port: number;

beforeEach(async () => {
  server = fastify();
  limitArrival(server, LIMIT_MS);
  acceptJsonOnly(server);
  server.post('/json', async ({ body }) => ({ body }));
  server.put(
    '/lines',
    { bodyLimit: 1_000_000, config: { bodyType: 'application/x-ndjson' } },
    async ({ body }) => {
      let bytes = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) bytes += chunk.length;
      return { bytes };
    },
  );
  await server.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = server.server.address() as AddressInfo);
});
afterEach(() => server.close());

/** Sends the parts, each so long after the one before; `stop` leaves the body without its end. */
function slowly(
  path: string,
  parts: readonly string[],
  everyMs: number,
  stop = false,
): Promise<{ status: number; text: string }> {
  const isJson = path === '/json';
  const type = isJson ? 'application/json' : 'application/x-ndjson';
  return new Promise((resolve, reject) => {
    const sent = send(
      { port, path, method: isJson ? 'POST' : 'PUT', headers: { 'content-type': type } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    let next = 0;
    const timer = setInterval(() => {
      const part = parts[next];
      next += 1;
      if (part !== undefined) sent.write(part);
      else {
        clearInterval(timer);
        if (!stop) sent.end();
      }
    }, everyMs);
    sent.on('close', () => clearInterval(timer));
  });
}

describe('a body of JSON', () => {
  it('arrives in time → taken', async () => {
    expect(await slowly('/json', ['{"a"', ':1}'], 5)).toEqual({
      status: 200,
      text: '{"body":{"a":1}}',
    });
  });

  it('comes byte by byte for longer than the limit → 408', async () => {
    const { status } = await slowly('/json', [...'{"a":"slow and slower"}'], LIMIT_MS / 4);
    expect(status).toBe(408);
  });
});

describe('a file of lines', () => {
  it('takes many times the limit, and some of it comes within each → taken whole', async () => {
    const parts = Array.from({ length: 20 }, () => '{"n":1}\n');
    expect(await slowly('/lines', parts, LIMIT_MS / 4)).toEqual({
      status: 200,
      text: '{"bytes":160}',
    });
  });

  it('nothing comes any more → 408, and the socket is free', async () => {
    const { status, text } = await slowly('/lines', ['{"n":1}\n'], 5, true);
    expect(status).toBe(408);
    expect(text).toContain('did not arrive in time');
  });
});
