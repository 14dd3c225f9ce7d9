import { pino } from 'pino';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';
import type { Embedder } from '../../../services/embeddings/embedder.ts';
import { nearest } from '../../../services/registry/index/nearest.ts';
import { best } from '../../../services/registry/search/best.ts';
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
  /** Ids of the `k` best, best first. */
  find(request: string, k: number): Promise<readonly string[]>;
}

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
  const all = (): boolean => true;

  const bm25 = (request: string, k: number): string[] =>
    best(words.scores(plainWords(request)), k, all).map(({ key }) => key);
  const minilm = async (request: string, k: number): Promise<string[]> => {
    const [vector] = await embedder.embed([request]);
    return vector === undefined ? [] : nearest(byId, vector, k).map(({ key }) => key);
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
    { name: 'bm25', find: (request, k) => Promise.resolve(bm25(request, k)) },
    { name: 'minilm', find: minilm },
    {
      name: 'rrf',
      find: async (request, k) =>
        rrf([bm25(request, RRF_DEPTH), await minilm(request, RRF_DEPTH)]).slice(0, k),
    },
    {
      name: 'ostinato',
      find: async (request, k) =>
        (await index.search(BENCH_TENANT, request, { k })).map(({ id }) => id),
    },
  ];
}

function plainWords(text: string): string[] {
  return splitWords(text).filter((word) => word.length > 1 && !STOP_WORDS.has(word));
}

/** Reciprocal rank fusion. */
function rrf(lists: readonly (readonly string[])[]): string[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    list.forEach((key, index) => {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (RRF_CONSTANT + index + 1));
    });
  }
  return best(scores, scores.size, () => true).map(({ key }) => key);
}
