import type { Logger } from 'pino';
import type { ToolResult } from '../common/tool.ts';
import type { LastValues } from '../services/cache/last-values.ts';
import type { LayeredCache } from '../services/cache/layered-cache.ts';
import { openSharedStore } from '../services/cache/open-shared-store.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';
import { createLastResults, createResultCache } from '../services/tools/result-cache.ts';

export interface OpenResultCache {
  readonly cache: LayeredCache<ToolResult>;
  readonly last: LastValues<ToolResult>;
  close(): void;
}

/** Results of reading tools, shared with other processes where there is a Redis. */
export async function openResultCache(
  redisUrl: string | null,
  metrics: Metrics,
  log: Logger,
): Promise<OpenResultCache> {
  const shared = await openSharedStore(redisUrl);
  const cache = createResultCache({ metrics, log, shared: shared.store });
  return {
    cache,
    last: createLastResults({ log, shared: shared.store }),
    close() {
      cache.close();
      shared.close();
    },
  };
}
