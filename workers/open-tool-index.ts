import { join } from 'node:path';
import type { Logger } from 'pino';
import { createMemoryCache } from '../services/cache/memory-cache.ts';
import type { Config } from '../services/config.ts';
import { createModelReranker } from '../services/discovery/model-reranker.ts';
import { createMiniLmEmbedder } from '../services/embeddings/mini-lm-embedder.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
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
  /** For reranking, where that is switched on and a model is configured. */
  readonly gateway: Pick<LlmGateway, 'complete' | 'configured'>;
  readonly log: Logger;
}): { readonly index: ToolIndex; close(): Promise<void> } {
  const { config, metrics, gateway } = deps;
  const reranks = config.rerank === 'model' && gateway.configured() !== null;
  const embedder = createMiniLmEmbedder({ modelDir: config.modelDir });
  const index = createToolIndex({
    embedder,
    dir: join(config.dataDir, 'index'),
    cache: createMemoryCache({ name: 'query-vectors', ...QUERY_CACHE, metrics }),
    metrics,
    ...(reranks ? { reranker: createModelReranker(gateway) } : {}),
    log: deps.log.child({ part: 'search' }),
  });
  return {
    index,
    async close() {
      await index.close();
      await embedder.close();
    },
  };
}
