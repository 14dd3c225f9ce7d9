// Whether eight workers keep one key's limits together, and use them up: 600 requests and 100,000
// tokens a minute, each on a key of its own, through the whole gateway and a real Redis, for two
// minutes. The server's own record of arrivals judges.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { isServiceError } from '../../../services/errors.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { createSharedRateLimiter } from '../../../services/llm/limits/rate-limiter.ts';
import { startRedis } from '../../support/redis.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { benchRoute } from '../support/bench-route.ts';
import { mostInAnyMinute } from '../support/most-in-any-minute.ts';

const WORKERS = 8;
const CALLERS = 4;
const RUN_MS = 120_000;
const MINUTE_MS = 60_000;
/** What the server says a call used. */
const USED = { prompt_tokens: 120, completion_tokens: 80 };
const CASES = [
  { name: 'requests', limit: 600, limits: { requestsPerMinute: 600, tokensPerMinute: null } },
  { name: 'tokens', limit: 100_000, limits: { requestsPerMinute: null, tokensPerMinute: 100_000 } },
] as const;

interface Arrival {
  readonly key: string;
  readonly atMs: number;
  readonly amount: number;
}

export const bench: Bench = {
  summary: '8 workers on one key of 600 requests and 100,000 tokens a minute',
  async run({ note }) {
    const redis = await startRedis();
    const arrivals: Arrival[] = [];
    const server = await startServer(arrivals);
    const clients: Redis[] = [];
    try {
      const gateways = Array.from({ length: WORKERS }, () => {
        const client = new Redis(redis.url);
        clients.push(client);
        return worker(client, server.url);
      });
      note(`${WORKERS} workers, ${RUN_MS / 1000} s`);
      const endMs = performance.now() + RUN_MS;
      await Promise.all(
        gateways.flatMap((gateway) =>
          CASES.flatMap(({ name }) =>
            Array.from({ length: CALLERS }, () => callUntil(endMs, gateway, name)),
          ),
        ),
      );
      return CASES.flatMap((one) =>
        rowsOf(
          one,
          arrivals.filter(({ key }) => key === one.name),
        ),
      );
    } finally {
      for (const client of clients) client.disconnect();
      await server.close();
      await redis.stop();
    }
  },
};

function worker(redis: Redis, url: string): LlmGateway {
  const log = pino({ level: 'silent' });
  return createLlmGateway({
    routes: CASES.map(({ name, limits }) =>
      benchRoute(name, url, { apiKeys: [name], limits, timeoutMs: 10_000 }),
    ),
    rules: { preset: 'configured' },
    metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
    limiter: createSharedRateLimiter({ redis, log }),
    log,
  });
}

/** Calls again and again; waits as long as it is told to where it is denied. */
async function callUntil(endMs: number, gateway: LlmGateway, key: string): Promise<void> {
  const signal = new AbortController().signal;
  const messages = [{ from: 'user', text: 'x'.repeat(200) }] as const;
  while (performance.now() < endMs) {
    try {
      await gateway.complete(
        {
          role: 'worker',
          messages,
          tools: [],
          toolChoice: 'none',
          maxOutputTokens: 200,
          temperature: null,
        },
        { signal, model: `${key}/m` },
      );
    } catch (error) {
      if (!isServiceError(error) || error.retry.afterMs === null) throw error;
      const waitMs = Math.min(error.retry.afterMs, endMs - performance.now());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
  }
}

async function startServer(arrivals: Arrival[]): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const tokens = USED.prompt_tokens + USED.completion_tokens;
    arrivals.push({ key, atMs: performance.now(), amount: key === 'tokens' ? tokens : 1 });
    request.resume().on('end', () => {
      const message = { role: 'assistant', content: 'x' };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'c', object: 'chat.completion', choices, usage: USED }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function rowsOf(
  { name, limit }: { readonly name: string; readonly limit: number },
  arrivals: readonly Arrival[],
): readonly BenchRow[] {
  const startMs = arrivals[0]?.atMs ?? 0;
  const inTwo = arrivals.filter(({ atMs }) => atMs < startMs + RUN_MS);
  const used = inTwo.reduce((sum, { amount }) => sum + amount, 0) / (2 * limit);
  const most = mostInAnyMinute(arrivals, MINUTE_MS);
  return [
    { case: name, measure: 'over', value: Math.max(0, most - limit), unit: '' },
    { case: name, measure: 'used', value: 100 * used, unit: '%' },
  ];
}
