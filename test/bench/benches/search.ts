import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { createFaissIndex } from '../../../services/registry/index/faiss-index.ts';
import { createExactIndex } from '../../../services/registry/index/exact-index.ts';
import type { VectorEntry } from '../../../services/registry/index/vector-index.ts';
import { openTenantIndex } from '../../../services/registry/search/tenant-index.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import { quantile } from '../support/quantile.ts';
import { createRandom } from '../support/random.ts';
import { readRetrievalSets } from '../support/retrieval-set.ts';
import { syntheticVectors } from '../support/synthetic-vectors.ts';
import { toRegisteredTool } from '../support/to-registered-tool.ts';

const CATALOGUE = 'mcpzero';
const SYNTHETIC = { seed: 7, dimensions: 384, clusters: 2_000, spread: 0.05 };
const SYNTHETIC_TOOLS = 100_000;
const QUERIES = 1_000;
const K = 10;

export const bench: Bench = {
  summary: 'tool search: a real catalogue and 100,000 synthetic vectors, FAISS against exact',
  run: async (context) => [...(await realCatalogue(context)), ...(await synthetic(context))],
};

/**
 * Requests of the other sets, asked of the MCP-Zero catalogue. `p50` and `p99` are of the vector
 * search, `rank_p50` and `rank_p99` of the whole answer: vectors, words, fusion and confidence.
 */
async function realCatalogue({ dataDir, note }: BenchContext): Promise<BenchRow[]> {
  const sets = await readRetrievalSets(dataDir());
  const catalogue = sets.find(({ name }) => name === CATALOGUE);
  if (catalogue === undefined) throw new Error(`No set ${CATALOGUE} in ${dataDir()}/retrieval.`);
  const random = createRandom(SYNTHETIC.seed);
  const requests = sets
    .flatMap(({ queries }) => queries.map(({ text }) => ({ text, order: random() })))
    .sort((a, b) => a.order - b.order)
    .slice(0, QUERIES);

  const embedder = createMiniLmEmbedder({ modelDir: MODEL_DIR });
  await embedder.embed(['warm up']);
  note(`embedding ${catalogue.tools.length} tools and ${requests.length} requests`);
  const startedMs = performance.now();
  const index = createFaissIndex(embedder.dimensions);
  const tools = await openTenantIndex(index, []);
  await tools.sync(catalogue.tools.map(toRegisteredTool), (texts) => embedder.embed(texts));
  const buildMs = performance.now() - startedMs;

  const queries: Float32Array[] = [];
  const embedMs: number[] = [];
  for (const { text } of requests) {
    const beforeMs = performance.now();
    queries.push(...(await embedder.embed([text])));
    embedMs.push(performance.now() - beforeMs);
  }
  await embedder.close();
  const rankMs = requests.map(({ text }, row) => {
    const beforeMs = performance.now();
    tools.search([{ text, vector: queries[row] as Float32Array }], { k: K });
    return performance.now() - beforeMs;
  });
  const name = String(catalogue.tools.length);
  return [
    { case: name, measure: 'build_s', value: buildMs / 1000, unit: 's' },
    { case: name, measure: 'embed_p50', value: quantile(embedMs, 0.5), unit: 'ms' },
    ...(await measure(name, [...index.entries()], queries, index)),
    { case: name, measure: 'rank_p50', value: quantile(rankMs, 0.5), unit: 'ms' },
    { case: name, measure: 'rank_p99', value: quantile(rankMs, 0.99), unit: 'ms' },
  ];
}

async function synthetic({ note }: BenchContext): Promise<BenchRow[]> {
  note(
    `${SYNTHETIC_TOOLS} synthetic unit vectors around ${SYNTHETIC.clusters} topics, ` +
      `spread ${SYNTHETIC.spread} a coordinate, seed ${SYNTHETIC.seed}`,
  );
  const source = syntheticVectors(SYNTHETIC);
  const draw = (): Float32Array => source.next().value;
  const entries = Array.from({ length: SYNTHETIC_TOOLS }, (_, row) => ({
    key: `tool-${row}`,
    vector: draw(),
  }));
  const queries = Array.from({ length: QUERIES }, draw);
  const index = createFaissIndex(SYNTHETIC.dimensions);
  const startedMs = performance.now();
  await index.put(entries);
  const name = String(SYNTHETIC_TOOLS);
  return [
    {
      case: name,
      measure: 'build_s',
      value: (performance.now() - startedMs) / 1000,
      unit: 's',
    },
    ...(await measure(name, entries, queries, index)),
  ];
}

async function measure(
  name: string,
  entries: readonly VectorEntry[],
  queries: readonly Float32Array[],
  index: ReturnType<typeof createFaissIndex>,
): Promise<BenchRow[]> {
  const exact = createExactIndex(index.dimensions);
  await exact.put(entries);
  for (const query of queries.slice(0, 50)) index.search(query, K);
  const searchMs: number[] = [];
  let found = 0;
  for (const query of queries) {
    const beforeMs = performance.now();
    const matches = index.search(query, K);
    searchMs.push(performance.now() - beforeMs);
    const wanted = new Set(exact.search(query, K).map(({ key }) => key));
    found += matches.filter(({ key }) => wanted.has(key)).length;
  }
  return [
    { case: name, measure: 'p50', value: quantile(searchMs, 0.5), unit: 'ms' },
    { case: name, measure: 'p99', value: quantile(searchMs, 0.99), unit: 'ms' },
    { case: name, measure: 'recall@10', value: found / (queries.length * K), unit: '' },
  ];
}
