// One worker of the stampede, in a process of its own: a cache over the shared Redis that asks the
// tool over HTTP. Usage: stampede-worker.ts REDIS_URL TOOL_URL CALLS. Says `ready`, begins with the
// first byte of input, and says how many calls got the tool's answer.
import { once } from 'node:events';
import pino from 'pino';
import type { TenantId } from '../../../../common/tenant.ts';
import { cacheAddress } from '../../../../services/cache/cache-key.ts';
import { createLayeredCache } from '../../../../services/cache/layered-cache.ts';
import { openSharedStore } from '../../../../services/cache/open-shared-store.ts';
import { createMetrics } from '../../../../services/telemetry/metrics.ts';

const [, , redisUrl = '', toolUrl = '', calls = '0'] = process.argv;
const shared = await openSharedStore(redisUrl);
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
const address = cacheAddress('bench' as TenantId, 'tool-result', ['server/tool', 'f', { n: 1 }]);
const tool = async (): Promise<string> => (await fetch(toolUrl)).text();

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const answers = await Promise.all(
  Array.from({ length: Number(calls) }, () => cache.getOrLoad(address, tool)),
);
process.stdout.write(`${answers.filter(({ value }) => value === 'answer').length}\n`);
cache.close();
shared.close();
process.stdin.destroy();
