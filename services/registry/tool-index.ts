import type { Logger } from 'pino';
import type { LlmUsage } from '../../common/llm.ts';
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
import type { ActiveRequest } from './search/active-request.ts';
import { activeRequestText, splitActiveRequest } from './search/active-request.ts';
import type { FitEvidence } from './search/fit-evidence.ts';
import type { RerankAsked } from './search/rerank-answer.ts';
import { RERANKED, rerankAnswer } from './search/rerank-answer.ts';
import type { Reranker } from './search/reranker.ts';
import type { Probe } from './search/score-tools.ts';
import { splitRequest } from './search/split-request.ts';
import type { ExamplesOf, TenantIndex } from './search/tenant-index.ts';
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
  /** Higher is better, but for a reranker's order; comparable within one answer only. */
  readonly score: number;
  /** The step of the request that it serves; `null`: the request as a whole. */
  readonly matched: string | null;
  /** Why it is here; `null`: that way of searching did not find it. */
  readonly arms: {
    readonly dense: ArmHit | null;
    readonly lexical: ArmHit | null;
    /** Set where a reranker looked; `null`: it did not choose this one. */
    readonly reranked?: { readonly rank: number } | null;
  };
}

export interface SearchOptions {
  /** At most so many hits. */
  readonly k: number;
  /** Only tools of these servers. @default all */
  readonly servers?: readonly ServerName[];
  /** Not tools of these servers, such as those that are out of order. @default none */
  readonly skipServers?: readonly ServerName[];
  /** Only tools of these effect classes. @default all */
  readonly effects?: readonly EffectClass[];
  /** Only tools with at least one of these tags. @default all */
  readonly tags?: readonly string[];
  /** Not these tools, such as those the asker knows already. @default none */
  readonly exclude?: readonly ToolId[];
  /** Told what a model used for this search; none is asked unless there is a reranker. */
  readonly onUsage?: ((usage: LlmUsage) => void) | undefined;
}

export interface SearchAnswer {
  /** The nearest tools, best first, whether they fit or not. */
  readonly hits: readonly SearchHit[];
  /** How sure it is that one of the tools does what is asked, 0 to 1. */
  readonly confidence: number;
  /** `false`: better say that nothing fits than offer the hits. */
  readonly fits: boolean;
  /** What `confidence` is made from; `null` where there is no hit. */
  readonly evidence: FitEvidence | null;
}

export interface NearTool {
  readonly id: ToolId;
  readonly cosine: number;
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
  /**
   * The tools that serve the request, or its steps, best. An empty request, or a tenant without
   * tools, finds nothing.
   */
  find(
    tenantId: TenantId,
    request: string | ActiveRequest,
    options: SearchOptions,
  ): Promise<SearchAnswer>;
  /** The hits of `find`. */
  search(
    tenantId: TenantId,
    request: string | ActiveRequest,
    options: SearchOptions,
  ): Promise<readonly SearchHit[]>;
  /**
   * The tools of other servers that say they do most nearly the same, nearest first, with the cosine
   * of the two; none for a tool that is not in the index.
   */
  near(tenantId: TenantId, id: ToolId, k: number): Promise<readonly NearTool[]>;
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
  /** Requests that each tool serves, by its fingerprint: indexed with it. @default none */
  readonly examples?: (tenantId: TenantId) => Promise<ExamplesOf>;
  /** Looks at the best hits once more. @default none */
  readonly reranker?: Reranker;
  readonly log: Logger;
}

interface Tenant {
  readonly index: TenantIndex;
  /** Why its index is not FAISS; `null` where it is. */
  readonly problem: string | null;
}

const NOTHING: SearchAnswer = { hits: [], confidence: 0, fits: false, evidence: null };

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

  const find: ToolIndex['find'] = async (tenantId, request, options) => {
    const startedMs = performance.now();
    const { index } = await openOnce(tenantId);
    const texts = probeTexts(request);
    if (texts[0].trim() === '' || index.size === 0 || options.k < 1) return NOTHING;
    const probes = await embedProbes(deps, tenantId, texts);
    const k = deps.reranker === undefined ? options.k : Math.max(options.k, RERANKED);
    const answer = index.search(probes, { ...options, k });
    metrics.search({ durationMs: performance.now() - startedMs });
    const asked = { tenantId, request: texts[0], k: options.k, onUsage: options.onUsage };
    return reranked(deps, asked, answer, index);
  };

  return {
    sync: (tenantId, tools) =>
      turns.run(tenantId, async () => {
        const { index } = await openOnce(tenantId);
        const examples = (await deps.examples?.(tenantId)) ?? new Map<string, readonly string[]>();
        const counts = await index.sync(tools, (texts) => embedder.embed(texts), examples);
        metrics.indexSize(index.implementation, entries());
        if (counts.added + counts.updated + counts.removed > 0) files.changed(tenantId, index);
        return counts;
      }),
    find,
    search: async (...request) => (await find(...request)).hits,
    near: async (tenantId, id, k) => (await openOnce(tenantId)).index.near(id, k),
    health() {
      const all = [...tenants.values()];
      const problems = [...all.map(({ problem }) => problem), files.problem()].filter(
        (problem) => problem !== null,
      );
      return {
        implementation: all[0]?.index.implementation ?? 'faiss',
        entries: entries(),
        problem: problems.length === 0 ? null : [...new Set(problems)].join('; '),
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

/** The answer as it is where there is no reranker, or where it fails: a search never fails with it. */
async function reranked(
  { reranker, log }: ToolIndexDeps,
  asked: RerankAsked,
  answer: SearchAnswer,
  index: TenantIndex,
): Promise<SearchAnswer> {
  if (reranker === undefined) return answer;
  try {
    return await rerankAnswer(reranker, asked, answer, ({ id }) => index.tool(id));
  } catch (error) {
    log.warn({ tenantId: asked.tenantId, err: error }, 'The hits of a search were not reranked.');
    return { ...answer, hits: answer.hits.slice(0, asked.k) };
  }
}

/** The request as a whole, then its steps. */
function probeTexts(request: string | ActiveRequest): [string, ...string[]] {
  if (typeof request === 'string') return [request, ...splitRequest(request)];
  return [activeRequestText(request), ...splitActiveRequest(request)];
}

/** All texts are embedded in one go. */
async function embedProbes(
  { cache, embedder }: ToolIndexDeps,
  tenantId: TenantId,
  [whole, ...steps]: [string, ...string[]],
): Promise<[Probe, ...Probe[]]> {
  const { value: floats } = await cache.getOrLoad(
    cacheKey(tenantId, 'query-vectors', [embedder.id, whole, ...steps]),
    async () => concat(await embedder.embed([whole, ...steps]), embedder.dimensions),
  );
  const probe = (text: string, row: number): Probe => ({
    text,
    vector: floats.subarray(row * embedder.dimensions, (row + 1) * embedder.dimensions),
  });
  return [probe(whole, 0), ...steps.map((step, index) => probe(step, index + 1))];
}

function concat(vectors: readonly Float32Array[], dimensions: number): Float32Array {
  const floats = new Float32Array(vectors.length * dimensions);
  vectors.forEach((vector, row) => floats.set(vector, row * dimensions));
  return floats;
}
