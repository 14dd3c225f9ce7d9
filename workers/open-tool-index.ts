import { join } from 'node:path';
import type { Logger } from 'pino';
import type { TenantId } from '../common/tenant.ts';
import { createMemoryCache } from '../services/cache/memory-cache.ts';
import type { Config } from '../services/config.ts';
import type { Database } from '../services/database/database.ts';
import { createExpander, EXPANDER_LIMITS } from '../services/discovery/expansion/expander.ts';
import type { Expander } from '../services/discovery/expansion/expander.ts';
import { createExpansionStore } from '../services/discovery/expansion/expansion-store.ts';
import { createExampleWriter } from '../services/discovery/expansion/write-examples.ts';
import { createModelReranker } from '../services/discovery/model-reranker.ts';
import { createMiniLmEmbedder } from '../services/embeddings/mini-lm-embedder.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import type { Registry } from '../services/registry/registry.ts';
import type { ToolIndex } from '../services/registry/tool-index.ts';
import { createToolIndex } from '../services/registry/tool-index.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';

const MIB = 1024 * 1024;
/** Vectors of queries: a text always has the same one. */
const QUERY_CACHE = {
  maxBytes: 16 * MIB,
  maxEntries: 10_000,
  ttlMs: 24 * 3_600_000,
  sizeOf: (vector: Float32Array): number => vector.byteLength,
};

/** The tool search with the embedder that it alone uses. */
export function openToolIndex(deps: {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly registry: Pick<Registry, 'listTools'>;
  /** For reranking and expansion, where those are switched on and a model is configured. */
  readonly gateway: Pick<LlmGateway, 'complete' | 'configured'>;
  readonly log: Logger;
}): { readonly index: ToolIndex; close(): Promise<void> } {
  const { config, metrics, gateway } = deps;
  const hasModel = gateway.configured() !== null;
  const reranks = config.rerank === 'model' && hasModel;
  const expands = config.expansion.mode === 'model' && hasModel;
  const log = deps.log.child({ part: 'search' });
  const store = createExpansionStore(deps.database);
  let expander: Expander | null = null;
  const examples = async (tenantId: TenantId): Promise<ReadonlyMap<string, readonly string[]>> => {
    expander?.watch(tenantId);
    const known = await store.list(tenantId);
    return new Map(known.map(({ fingerprint, requests }) => [fingerprint, requests]));
  };
  const embedder = createMiniLmEmbedder({ modelDir: config.modelDir });
  const index = createToolIndex({
    embedder,
    dir: join(config.dataDir, 'index'),
    cache: createMemoryCache({ name: 'query-vectors', ...QUERY_CACHE, metrics }),
    metrics,
    ...(reranks ? { reranker: createModelReranker(gateway) } : {}),
    ...(expands ? { examples } : {}),
    log,
  });
  if (expands) {
    const limits = { ...EXPANDER_LIMITS, maxUsdPerDay: config.expansion.maxUsdPerDay };
    const writer = createExampleWriter(gateway);
    expander = createExpander({ ...deps, index, store, writer, limits, log });
  }
  return {
    index,
    async close() {
      await expander?.close();
      await index.close();
      await embedder.close();
    },
  };
}
