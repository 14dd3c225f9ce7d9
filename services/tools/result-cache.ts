import type { JsonValue } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolResult } from '../../common/tool.ts';
import { cacheKey, cachePrefix } from '../cache/cache-key.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import { createMemoryCache } from '../cache/memory-cache.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReadyCall } from './call-server.ts';

const KIND = 'tool-result';
const MEBIBYTE = 1024 * 1024;

/** Results of `read` tools: answers a minute old at most. */
export function createResultCache(options: {
  readonly metrics: Metrics;
  /** @default 60_000 */
  readonly ttlMs?: number;
  /** @default 64 MiB */
  readonly maxBytes?: number;
}): MemoryCache<ToolResult> {
  return createMemoryCache<ToolResult>({
    name: 'tool-results',
    metrics: options.metrics,
    ttlMs: options.ttlMs ?? 60_000,
    maxBytes: options.maxBytes ?? 64 * MEBIBYTE,
    maxEntries: 10_000,
    // A character takes two bytes at worst.
    sizeOf: (result) => JSON.stringify(result).length * 2,
  });
}

/** Another definition, server address or argument is another key, so a changed tool misses. */
export function resultKey({ input, tool, server, args }: ReadyCall): string {
  const { transport } = server.definition;
  const parts = [tool.id, tool.fingerprint, transport as unknown as JsonValue, args];
  return cacheKey(input.tenant.tenantId, KIND, parts);
}

/** Whatever a tool changed, any reader may have shown: all of the tenant's results are forgotten. */
export function forgetResults(cache: MemoryCache<ToolResult>, tenantId: TenantId): void {
  cache.clear(cachePrefix(tenantId, KIND));
}

/** A refusal may pass, and an artifact may be deleted. */
export function mayKeep(result: ToolResult): boolean {
  return (
    !result.isError &&
    result.artifact === null &&
    result.content.every((block) => !('artifact' in block) || block.artifact === null)
  );
}
