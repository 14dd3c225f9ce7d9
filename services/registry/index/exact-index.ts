import { nearest } from './nearest.ts';
import type { VectorIndex } from './vector-index.ts';

/** Looks at every vector: the measure of the others, and the stand-in where FAISS is missing. */
export function createExactIndex(dimensions: number): VectorIndex {
  const vectors = new Map<string, Float32Array>();
  return {
    implementation: 'exact',
    dimensions,
    get size() {
      return vectors.size;
    },
    put(entries) {
      for (const { key, vector } of entries) vectors.set(key, vector);
      return Promise.resolve();
    },
    remove(keys) {
      for (const key of keys) vectors.delete(key);
      return Promise.resolve();
    },
    get: (key) => vectors.get(key) ?? null,
    *entries() {
      for (const [key, vector] of vectors) yield { key, vector };
    },
    search: (vector, k, accept) => nearest(vectors, vector, k, accept),
    snapshot: () => null,
  };
}
