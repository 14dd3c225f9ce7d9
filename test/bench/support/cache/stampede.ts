import pino from 'pino';
import type { TenantId } from '../../../../common/tenant.ts';
import { cacheAddress } from '../../../../services/cache/cache-key.ts';
import { createLayeredCache } from '../../../../services/cache/layered-cache.ts';
import { openSharedStore } from '../../../../services/cache/open-shared-store.ts';
import { createMetrics } from '../../../../services/telemetry/metrics.ts';
import { startRedis } from '../../../support/redis.ts';

const WORKERS = 4;
const CALLS = 100;
/** A tool that takes a while, so that all calls meet. */
const TOOL_MS = 200;

/**
 * Equal calls at once over workers that share a real Redis and nothing else: each has a memory, a
 * connection and a lease of its own.
 *
 * @returns how many calls reached the tool
 */
export async function measureStampede(): Promise<number> {
  const server = await startRedis();
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => openWorker(server.url)));
  try {
    let calls = 0;
    const tool = async (): Promise<string> => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, TOOL_MS));
      return 'answer';
    };
    const address = cacheAddress('bench' as TenantId, 'tool-result', [
      'server/tool',
      'f',
      { n: 1 },
    ]);
    await Promise.all(
      workers.flatMap(({ cache }) =>
        Array.from({ length: CALLS / WORKERS }, () => cache.getOrLoad(address, tool)),
      ),
    );
    return calls;
  } finally {
    for (const worker of workers) worker.close();
    await server.stop();
  }
}

async function openWorker(url: string) {
  const shared = await openSharedStore(url);
  const cache = createLayeredCache<string>({
    name: 'bench',
    shared: shared.store,
    maxBytes: 1_000_000,
    maxEntries: 1_000,
    sizeOf: (value) => value.length,
    ttlMs: () => 60_000,
    parse: (value) => (typeof value === 'string' ? value : null),
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
  return {
    cache,
    close() {
      cache.close();
      shared.close();
    },
  };
}
