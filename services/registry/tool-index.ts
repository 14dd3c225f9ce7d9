import type { Logger } from 'pino';
import type { TenantId } from '../../common/tenant.ts';
import type { EffectClass, ServerName, ToolId } from '../../common/tool.ts';
import { cacheKey } from '../cache/cache-key.ts';
import type { MemoryCache } from '../cache/memory-cache.ts';
import type { Embedder } from '../embeddings/embedder.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { IndexFiles } from './index/index-files.ts';
import { createIndexFiles } from './index/index-files.ts';
import { openVectorIndex } from './index/open-vector-index.ts';
import type { RegisteredTool } from './registered-tool.ts';
import type { Probe } from './search/score-tools.ts';
import { splitRequest } from './search/split-request.ts';
import type { TenantIndex } from './search/tenant-index.ts';
import { openTenantIndex } from './search/tenant-index.ts';
import { createTurns } from './search/turns.ts';

/** Where one way of searching put a tool: rank 1 is its best. */
export interface ArmHit {
  readonly rank: number;
  /** `dense`: cosine. `lexical`: BM25. */
  readonly score: number;
}

export interface SearchHit {
  readonly id: ToolId;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  /** The step of the request that it serves; `null`: the request as a whole. */
  readonly matched: string | null;
  /** Why it is here; `null`: that way of searching did not find it. */
  readonly arms: { readonly dense: ArmHit | null; readonly lexical: ArmHit | null };
}

export interface SearchOptions {
  /** At most so many hits. */
  readonly k: number;
  /** Only tools of these servers. @default all */
  readonly servers?: readonly ServerName[];
  /** Only tools of these effect classes. @default all */
  readonly effects?: readonly EffectClass[];
}

export interface IndexHealth {
  readonly implementation: 'faiss' | 'exact';
  /** Tools of all tenants. */
  readonly entries: number;
  /** What an operator should know, with the remedy; `null`: nothing. */
  readonly problem: string | null;
}

/** Finds tools by what they do. Derived from the registry; may be lost and is then built anew. */
export interface ToolIndex {
  /**
   * Makes the tenant's index hold exactly these tools. Only texts that are new or changed are
   * embedded. Calls for one tenant run one after the other.
   */
  sync(
    tenantId: TenantId,
    tools: readonly RegisteredTool[],
  ): Promise<{ readonly added: number; readonly updated: number; readonly removed: number }>;
  /** Best first. An empty query, or a tenant without tools, finds nothing. */
  search(tenantId: TenantId, query: string, options: SearchOptions): Promise<readonly SearchHit[]>;
  health(): IndexHealth;
  /** Writes what changed; also happens by itself after a `sync`. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface ToolIndexDeps {
  readonly embedder: Embedder;
  /** Holds a file a tenant; `null`: nothing is kept. */
  readonly dir: string | null;
  /** Of the vectors of queries and their steps. */
  readonly cache: MemoryCache<Float32Array>;
  readonly metrics: Pick<Metrics, 'search' | 'indexSize'>;
  readonly log: Logger;
}

interface Tenant {
  readonly index: TenantIndex;
  /** Why its index is not FAISS; `null` where it is. */
  readonly problem: string | null;
}

export function createToolIndex(deps: ToolIndexDeps): ToolIndex {
  const { embedder, metrics } = deps;
  const opening = new Map<TenantId, Promise<Tenant>>();
  const tenants = new Map<TenantId, Tenant>();
  const turns = createTurns();
  const files = createIndexFiles(deps);

  const openOnce = (tenantId: TenantId): Promise<Tenant> => {
    const known = opening.get(tenantId);
    if (known !== undefined) return known;
    const tenant = openTenant(deps, files, tenantId).then((value) => {
      tenants.set(tenantId, value);
      return value;
    });
    opening.set(tenantId, tenant);
    return tenant;
  };
  const entries = (): number =>
    [...tenants.values()].reduce((sum, { index }) => sum + index.size, 0);

  return {
    sync: (tenantId, tools) =>
      turns.run(tenantId, async () => {
        const { index } = await openOnce(tenantId);
        const counts = await index.sync(tools, (texts) => embedder.embed(texts));
        metrics.indexSize(index.implementation, entries());
        if (counts.added + counts.updated + counts.removed > 0) files.changed(tenantId, index);
        return counts;
      }),
    async search(tenantId, query, options) {
      const startedMs = performance.now();
      const { index } = await openOnce(tenantId);
      if (query.trim() === '' || index.size === 0 || options.k < 1) return [];
      const hits = index.search(await probes(deps, tenantId, query), options);
      metrics.search({ durationMs: performance.now() - startedMs });
      return hits;
    },
    health() {
      const all = [...tenants.values()];
      const problems = [...all.map(({ problem }) => problem), files.problem()];
      return {
        implementation: all[0]?.index.implementation ?? 'faiss',
        entries: entries(),
        problem: problems.find((problem) => problem !== null) ?? null,
      };
    },
    save: () => files.save(),
    close: () => files.save(),
  };
}

async function openTenant(
  { embedder, log }: ToolIndexDeps,
  files: IndexFiles,
  tenantId: TenantId,
): Promise<Tenant> {
  const saved = await files.read(tenantId);
  const { index, problem } = openVectorIndex(embedder.dimensions, log, saved?.graph ?? null);
  return { index: await openTenantIndex(index, saved?.vectors ?? []), problem };
}

/** The request and its steps, embedded in one go. */
async function probes(
  { cache, embedder }: ToolIndexDeps,
  tenantId: TenantId,
  query: string,
): Promise<[Probe, ...Probe[]]> {
  const steps = splitRequest(query);
  const { value: floats } = await cache.getOrLoad(
    cacheKey(tenantId, 'query-vectors', [embedder.id, query]),
    async () => concat(await embedder.embed([query, ...steps]), embedder.dimensions),
  );
  const probe = (text: string, row: number): Probe => ({
    text,
    vector: floats.subarray(row * embedder.dimensions, (row + 1) * embedder.dimensions),
  });
  return [probe(query, 0), ...steps.map((step, index) => probe(step, index + 1))];
}

function concat(vectors: readonly Float32Array[], dimensions: number): Float32Array {
  const floats = new Float32Array(vectors.length * dimensions);
  vectors.forEach((vector, row) => floats.set(vector, row * dimensions));
  return floats;
}
