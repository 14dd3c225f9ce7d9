import type { Logger } from 'pino';
import type { JsonValue } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolResult } from '../../common/tool.ts';
import { cacheAddress, cachePrefix } from '../cache/cache-key.ts';
import type { LastValues } from '../cache/last-values.ts';
import { createLastValues } from '../cache/last-values.ts';
import type { LayeredCache } from '../cache/layered-cache.ts';
import { createLayeredCache } from '../cache/layered-cache.ts';
import type { CacheAddress, SharedStore } from '../cache/shared-store.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReadyCall } from './call-server.ts';
import { parseResult } from './parse-result.ts';

const KIND = 'tool-result';
const MEBIBYTE = 1024 * 1024;

/** Results of `read` tools: answers a minute old at most, refusals two seconds. */
export function createResultCache(options: {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** What other processes share with this one; `null`: nothing. */
  readonly shared: SharedStore | null;
  /** @default 60_000 */
  readonly ttlMs?: number;
  /** Of a tool's refusal, which may pass; 0: none is kept. @default 2_000 */
  readonly refusalTtlMs?: number;
  /** @default 64 MiB */
  readonly maxBytes?: number;
}): LayeredCache<ToolResult> {
  const { metrics, log, shared, ttlMs = 60_000, refusalTtlMs = 2_000 } = options;
  return createLayeredCache<ToolResult>({
    name: 'tool-results',
    ...{ metrics, log, shared },
    parse: parseResult,
    ttlMs: (result) => (holdsArtifact(result) ? 0 : result.isError ? refusalTtlMs : ttlMs),
    maxBytes: options.maxBytes ?? 64 * MEBIBYTE,
    maxEntries: 10_000,
    // A character takes two bytes at worst.
    sizeOf: (result) => JSON.stringify(result).length * 2,
  });
}

/** The same results past their time, for a day: whether one may stand in is its server's setting. */
export function createLastResults(options: {
  readonly log: Logger;
  readonly shared: SharedStore | null;
}): LastValues<ToolResult> {
  return createLastValues<ToolResult>({
    ...options,
    parse: parseResult,
    keeps: (result) => !result.isError && !holdsArtifact(result),
    keepMs: 86_400_000,
    maxBytes: 32 * MEBIBYTE,
  });
}

/** Another definition, server address or argument is another key, so a changed tool misses. */
export function resultAddress({
  input,
  tool,
  server,
  args,
}: Pick<ReadyCall, 'tool' | 'server' | 'args'> & {
  readonly input: { readonly tenant: { readonly tenantId: TenantId } };
}): CacheAddress {
  const { transport } = server.definition;
  const parts = [tool.id, tool.fingerprint, transport as unknown as JsonValue, args];
  return cacheAddress(input.tenant.tenantId, KIND, parts);
}

/** Whatever a tool changed, any reader may have shown: all of the tenant's results are forgotten. */
export function resultScope(tenantId: TenantId): string {
  return cachePrefix(tenantId, KIND);
}

/** An artifact may be deleted while a result that names it is still kept. */
function holdsArtifact({ artifact, content }: ToolResult): boolean {
  return (
    artifact !== null || content.some((block) => 'artifact' in block && block.artifact !== null)
  );
}
