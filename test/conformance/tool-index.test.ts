// Proves that FAISS and its exact twin answer alike: both run the suite of tool-index.ts, which
// compares every answer with a plain look at all vectors; FAISS runs it once more as a graph.
import { describe, expect, it } from 'vitest';
import { createExactIndex } from '../../services/registry/index/exact-index.ts';
import { createFaissIndex } from '../../services/registry/index/faiss-index.ts';
import { syntheticVectors } from '../bench/support/synthetic-vectors.ts';
import { describeVectorIndex } from './tool-index.ts';

describeVectorIndex('exact', createExactIndex);
describeVectorIndex('FAISS flat', (dimensions) => createFaissIndex(dimensions));

describe('FAISS graph (HNSW)', () => {
  it('3,000 vectors, some replaced and removed, saved and restored → recall@10 of 0.99 and more', async () => {
    const source = syntheticVectors({ seed: 5, dimensions: 48, clusters: 60, spread: 0.1 });
    const draw = (): Float32Array => source.next().value;
    const entries = Array.from({ length: 3_000 }, (_, row) => ({ key: `t${row}`, vector: draw() }));
    const replaced = entries.slice(0, 500).map(({ key }) => ({ key, vector: draw() }));
    const gone = entries.slice(500, 1_000).map(({ key }) => key);
    const built = createFaissIndex(48, { hnswFrom: 100 });
    const exact = createExactIndex(48);
    for (const index of [built, exact]) {
      await index.put(entries);
      await index.put(replaced);
      await index.remove(gone);
    }
    const graph = built.snapshot();
    if (graph === null) throw new Error('3,000 vectors from 100 on should be a graph');
    const restored = createFaissIndex(48, { hnswFrom: 100, graph });
    await restored.put([...built.entries()]);

    for (const index of [built, restored]) {
      let found = 0;
      for (let query = 0; query < 200; query += 1) {
        const vector = draw();
        const wanted = exact.search(vector, 10).map(({ key }) => key);
        const keys = index.search(vector, 10).map(({ key }) => key);
        expect(keys).toHaveLength(10);
        found += keys.filter((key) => wanted.includes(key)).length;
      }
      expect(found / 2_000).toBeGreaterThanOrEqual(0.99);
    }
  });
});
