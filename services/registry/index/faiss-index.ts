import { setImmediate } from 'node:timers/promises';
import type { FaissGraph } from './faiss-graph.ts';
import { createFaissGraph, loadFaiss, readFaissGraph } from './faiss-graph.ts';
import { byScore, dot, nearest } from './nearest.ts';
import type { VectorEntry, VectorGraph, VectorIndex, VectorMatch } from './vector-index.ts';

/** From here a comparison with every vector takes longer than a walk through a graph. */
const HNSW_FROM = 2_000;
/** Vectors added at a time; other work gets its turn in between. */
const CHUNK = 256;
/** Labels whose vector was replaced or removed stay in the graph until they are so many. */
const MAX_DEAD = { least: 256, share: 0.25 };
/** More than asked for, since FAISS's rounding may order near-equal scores otherwise. */
const MARGIN = 16;

interface Labelled {
  readonly graph: FaissGraph;
  /** By label. */
  readonly keys: (string | null)[];
  readonly labelOf: Map<string, number>;
}

export interface FaissIndexOptions {
  /** Made by `snapshot()` of an index with the same vectors, which `put` then adds. */
  readonly graph?: VectorGraph;
  /** @default 2000 */
  readonly hnswFrom?: number;
}

/**
 * FAISS behind a map of the same vectors, which gives what FAISS does not: keys, replacement,
 * removal, filters and scores without its rounding.
 *
 * Throws where the addon is missing or the graph's bytes are not FAISS's.
 */
export function createFaissIndex(
  dimensions: number,
  { graph, hnswFrom = HNSW_FROM }: FaissIndexOptions = {},
): VectorIndex {
  const faiss = loadFaiss();
  const vectors = new Map<string, Float32Array>();
  let labelled: Labelled =
    graph === undefined
      ? emptyLabels(createFaissGraph(faiss, dimensions, 'flat'))
      : labelsOf(readFaissGraph(faiss, graph.bytes), graph.keys);

  const rebuild = async (): Promise<void> => {
    const kind = vectors.size >= hnswFrom ? 'hnsw' : 'flat';
    const fresh = emptyLabels(createFaissGraph(faiss, dimensions, kind));
    await addInChunks(
      fresh,
      [...vectors].map(([key, vector]) => ({ key, vector })),
    );
    labelled = fresh;
  };
  const settle = async (): Promise<void> => {
    const dead = labelled.keys.length - labelled.labelOf.size;
    const tooMany = dead > Math.max(MAX_DEAD.least, labelled.keys.length * MAX_DEAD.share);
    const outgrown = labelled.graph.kind === 'flat' && vectors.size >= hnswFrom;
    if (tooMany || outgrown) await rebuild();
  };

  return {
    implementation: 'faiss',
    dimensions,
    get size() {
      return vectors.size;
    },
    async put(entries) {
      const fresh = [...new Map(entries.map((entry) => [entry.key, entry])).values()];
      // What a restored graph already holds is not added again.
      const unknown = fresh.filter(({ key }) => vectors.has(key) || !labelled.labelOf.has(key));
      for (const { key, vector } of fresh) vectors.set(key, vector);
      if (labelled.graph.kind === 'flat' && vectors.size >= hnswFrom) return rebuild();
      await addInChunks(labelled, unknown);
      return settle();
    },
    async remove(keys) {
      for (const key of keys) {
        vectors.delete(key);
        forget(labelled, key);
      }
      await settle();
    },
    get: (key) => vectors.get(key) ?? null,
    *entries() {
      for (const [key, vector] of vectors) yield { key, vector };
    },
    search: (vector, k, accept) => search(labelled, vectors, vector, k, accept),
    snapshot: () =>
      labelled.graph.kind === 'flat'
        ? null
        : { keys: labelled.keys, bytes: labelled.graph.toBuffer() },
  };
}

function emptyLabels(graph: FaissGraph): Labelled {
  return { graph, keys: [], labelOf: new Map() };
}

function labelsOf(graph: FaissGraph, keys: readonly (string | null)[]): Labelled {
  if (graph.labels !== keys.length) {
    throw new Error(`the graph holds ${graph.labels} vectors, its list of keys ${keys.length}`);
  }
  const labelOf = new Map<string, number>();
  keys.forEach((key, label) => {
    if (key !== null) labelOf.set(key, label);
  });
  return { graph, keys: [...keys], labelOf };
}

function forget({ keys, labelOf }: Labelled, key: string): void {
  const label = labelOf.get(key);
  if (label === undefined) return;
  keys[label] = null;
  labelOf.delete(key);
}

async function addInChunks(labelled: Labelled, entries: readonly VectorEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += CHUNK) {
    const chunk = entries.slice(start, start + CHUNK);
    labelled.graph.add(chunk.map(({ vector }) => vector));
    for (const { key } of chunk) {
      forget(labelled, key);
      labelled.labelOf.set(key, labelled.keys.push(key) - 1);
    }
    if (start + CHUNK < entries.length) await setImmediate();
  }
}

function search(
  { graph, keys }: Labelled,
  vectors: ReadonlyMap<string, Float32Array>,
  vector: Float32Array,
  k: number,
  accept: ((key: string) => boolean) | undefined,
): readonly VectorMatch[] {
  for (let fetch = k + MARGIN; ; fetch *= 4) {
    const found: VectorMatch[] = [];
    for (const label of graph.search(vector, fetch)) {
      const key = keys[label];
      const own = key === null || key === undefined ? undefined : vectors.get(key);
      if (key === null || key === undefined || own === undefined) continue;
      if (accept === undefined || accept(key)) found.push({ key, score: dot(own, vector) });
    }
    if (found.length >= k || fetch >= graph.labels) return found.sort(byScore).slice(0, k);
    // So few are accepted that FAISS would have to list most of what it holds.
    if (fetch * 8 > graph.labels) return nearest(vectors, vector, k, accept);
  }
}
