import { createRequire } from 'node:module';
import type { Index, MetricType } from 'faiss-node';

type FaissIndexClass = typeof Index;
type FaissAddon = { readonly Index: FaissIndexClass };

/** FAISS's own number; the package's enum exists in its types only. */
const INNER_PRODUCT = 0 as MetricType.METRIC_INNER_PRODUCT;

/** Neighbours a node keeps. */
const NEIGHBOURS = 32;
/** FAISS's defaults, which it writes into a saved graph as three numbers in a row. */
const WRITTEN = { efConstruction: 40, efSearch: 16, upperBeam: 1 };
/**
 * How many nodes a search keeps in view. 100,000 tools: recall@10 0.99 and more below 5 ms
 * (`npm run bench -- search`).
 */
const EF_SEARCH = 64;

/** Vectors under labels 0, 1, 2 …; nothing can be taken out. */
export interface FaissGraph {
  readonly kind: 'flat' | 'hnsw';
  readonly labels: number;
  add(vectors: readonly Float32Array[]): void;
  /** At most `k` labels, in FAISS's order. */
  search(vector: Float32Array, k: number): readonly number[];
  toBuffer(): Buffer;
}

/** How many threads share one operation; OpenMP reads it once, when the addon is loaded. */
const THREADS = 'OMP_NUM_THREADS';

/**
 * Throws where the addon was not built.
 *
 * A search is a single vector, so that several threads have nothing to share and wait for each
 * other instead: on two busy cores the median rises from 0.7 to 30 ms. One thread, unless the
 * environment says otherwise.
 */
export function loadFaiss(): FaissAddon {
  // No option of ours: OpenMP has no other way in.
  const { env } = process;
  const given = env[THREADS];
  env[THREADS] ??= '1';
  try {
    // Not an import: the addon is optional, and a failed import would take the process down with it.
    return createRequire(import.meta.url)('faiss-node') as FaissAddon;
  } finally {
    // What this process starts chooses for itself.
    if (given === undefined) Reflect.deleteProperty(env, THREADS);
  }
}

/** @param kind `flat` compares with every vector, `hnsw` walks a graph of near ones */
export function createFaissGraph(
  faiss: FaissAddon,
  dimensions: number,
  kind: FaissGraph['kind'],
): FaissGraph {
  const index =
    kind === 'flat'
      ? faiss.Index.fromFactory(dimensions, 'Flat', INNER_PRODUCT)
      : createHnsw(faiss, dimensions);
  return wrap(index, kind);
}

/** Throws where the bytes are none of FAISS's. */
export function readFaissGraph(faiss: FaissAddon, bytes: Buffer): FaissGraph {
  return wrap(faiss.Index.fromBuffer(bytes), 'hnsw');
}

function wrap(index: Index, kind: FaissGraph['kind']): FaissGraph {
  return {
    kind,
    get labels() {
      return index.ntotal();
    },
    add(vectors) {
      const numbers: number[] = [];
      for (const vector of vectors) for (const value of vector) numbers.push(value);
      if (numbers.length > 0) index.add(numbers);
    },
    search(vector, k) {
      const count = Math.min(k, index.ntotal());
      if (count === 0) return [];
      return index.search(Array.from(vector), count).labels.filter((label) => label >= 0);
    },
    toBuffer: () => index.toBuffer(),
  };
}

/** The package has no setter for the width of a search, so it is set in the saved empty graph. */
function createHnsw(faiss: FaissAddon, dimensions: number): Index {
  const empty = faiss.Index.fromFactory(dimensions, `HNSW${NEIGHBOURS}`, INNER_PRODUCT).toBuffer();
  const pattern = Buffer.alloc(12);
  pattern.writeInt32LE(WRITTEN.efConstruction, 0);
  pattern.writeInt32LE(WRITTEN.efSearch, 4);
  pattern.writeInt32LE(WRITTEN.upperBeam, 8);
  const at = empty.indexOf(pattern);
  // Another version of FAISS: it still works, with its own width.
  if (at >= 0) empty.writeInt32LE(EF_SEARCH, at + 4);
  return faiss.Index.fromBuffer(empty);
}
