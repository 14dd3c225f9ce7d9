import { pino } from 'pino';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';
import type { Embedder } from '../../../services/embeddings/embedder.ts';
import type { ToolId } from '../../../common/tool.ts';
import { nearest } from '../../../services/registry/index/nearest.ts';
import type { VectorMatch } from '../../../services/registry/index/vector-index.ts';
import type { ActiveRequest } from '../../../services/registry/search/active-request.ts';
import { activeRequestText } from '../../../services/registry/search/active-request.ts';
import { best } from '../../../services/registry/search/best.ts';
import type { FitEvidence } from '../../../services/registry/search/fit-evidence.ts';
import { createLexicalIndex } from '../../../services/registry/search/lexical-index.ts';
import { splitWords } from '../../../services/registry/search/split-words.ts';
import { denseText } from '../../../services/registry/search/tool-text.ts';
import { createToolIndex } from '../../../services/registry/tool-index.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import type { SetTool } from './retrieval-set.ts';
import { BENCH_TENANT, toRegisteredTool } from './to-registered-tool.ts';

/** One way to find tools, over one catalogue. */
export interface Arm {
  readonly name: string;
  /** @param without ids of tools to act as if they were not there */
  find(request: string | ActiveRequest, k: number, without?: ReadonlySet<string>): Promise<Found>;
}

export interface Found {
  /** Best first. */
  readonly ids: readonly string[];
  /** Higher where the arm is surer that one of them fits; of no known scale. */
  readonly confidence: number;
  /** What it is made from; `null`: from the best score alone. */
  readonly evidence: FitEvidence | null;
}

type Request = string | ActiveRequest;
type Without = ReadonlySet<string>;
const NONE: Without = new Set();

/** The stop words of the published BM25 figures. */
const STOP_WORDS = new Set(
  `a an and are as at be but by for if in into is it no not of on or such that the their then there
  these they this to was will with`.split(/\s+/),
);
const RRF_DEPTH = 100;
const RRF_CONSTANT = 60;
/** Beyond any set's: what an arm embeds of its own is not paid for twice. */
const CACHE_ENTRIES = 10_000;

/** Plain methods, each as published, and what Ostinato does by default. */
export async function createArms(
  tools: readonly SetTool[],
  embedder: Embedder,
): Promise<readonly Arm[]> {
  const registered = tools.map(toRegisteredTool);
  const words = createLexicalIndex({ k1: 1.5, b: 0.75 });
  const texts = registered.map(denseText);
  registered.forEach(({ id }, row) => words.put(id, plainWords(texts[row] ?? '')));
  const vectors = await embedder.embed(texts);
  const byId = new Map(
    registered.map(({ id }, row) => [id as string, vectors[row] as Float32Array]),
  );
  const bm25 = (request: Request, k: number, without: Without): readonly VectorMatch[] =>
    best(words.scores(plainWords(asText(request))), k, (id) => !without.has(id));
  const minilm = async (
    request: Request,
    k: number,
    without: Without,
  ): Promise<readonly VectorMatch[]> => {
    const [vector] = await embedder.embed([asText(request)]);
    return vector === undefined ? [] : nearest(byId, vector, k, (id) => !without.has(id));
  };
  const index = createToolIndex({
    embedder,
    dir: null,
    cache: createMemoryCache({
      name: 'bench',
      maxBytes: 64 * 1024 * 1024,
      maxEntries: CACHE_ENTRIES,
      ttlMs: 3_600_000,
      sizeOf: (value: Float32Array) => value.byteLength,
      metrics: createMetrics(),
    }),
    metrics: createMetrics(),
    log: pino({ level: 'warn' }),
  });
  await index.sync(BENCH_TENANT, registered);

  return [
    {
      name: 'bm25',
      find: (request, k, without = NONE) => Promise.resolve(found(bm25(request, k, without))),
    },
    {
      name: 'minilm',
      find: async (request, k, without = NONE) => found(await minilm(request, k, without)),
    },
    {
      name: 'rrf',
      find: async (request, k, without = NONE) =>
        found(
          rrf([bm25(request, RRF_DEPTH, without), await minilm(request, RRF_DEPTH, without)]).slice(
            0,
            k,
          ),
        ),
    },
    {
      name: 'ostinato',
      async find(request, k, without = NONE) {
        const exclude = [...without] as ToolId[];
        const { hits, confidence, evidence } = await index.find(BENCH_TENANT, request, {
          k,
          exclude,
        });
        return { ids: hits.map(({ id }) => id), confidence, evidence };
      },
    },
  ];
}

function asText(request: Request): string {
  return typeof request === 'string' ? request : activeRequestText(request);
}

function found(matches: readonly VectorMatch[]): Found {
  return { ids: matches.map(({ key }) => key), confidence: matches[0]?.score ?? 0, evidence: null };
}

function plainWords(text: string): string[] {
  return splitWords(text).filter((word) => word.length > 1 && !STOP_WORDS.has(word));
}

/** Reciprocal rank fusion. */
function rrf(lists: readonly (readonly VectorMatch[])[]): VectorMatch[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    list.forEach(({ key }, index) => {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (RRF_CONSTANT + index + 1));
    });
  }
  return best(scores, scores.size, () => true);
}
