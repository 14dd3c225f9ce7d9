import { describe, expect, it } from 'vitest';
import { nearest } from '../../services/registry/index/nearest.ts';
import type { VectorEntry, VectorIndex } from '../../services/registry/index/vector-index.ts';
import { createRandom } from '../bench/support/random.ts';
import { syntheticVectors } from '../bench/support/synthetic-vectors.ts';

const DIMENSIONS = 48;
const K = 10;
const QUERIES = 1_000;

/** What every vector index must do, whatever it is made of. */
export function describeVectorIndex(name: string, create: (dimensions: number) => VectorIndex) {
  const source = syntheticVectors({ seed: 3, dimensions: DIMENSIONS, clusters: 40, spread: 0.1 });
  const draw = (): Float32Array => source.next().value;
  const drawEntries = (prefix: string, count: number): VectorEntry[] =>
    Array.from({ length: count }, (_, row) => ({ key: `${prefix}${row}`, vector: draw() }));

  /** Compares with a plain look at every vector that should be there. */
  function expectSameAnswers(index: VectorIndex, entries: Iterable<VectorEntry>): void {
    const wanted = new Map([...entries].map(({ key, vector }) => [key, vector]));
    expect(index.size).toBe(wanted.size);
    for (let query = 0; query < QUERIES; query += 1) {
      const vector = draw();
      expect(index.search(vector, K)).toEqual(nearest(wanted, vector, K));
    }
  }

  describe(`${name} vector index`, () => {
    it('1,000 random queries → the same top 10, scores and order as looking at every vector', async () => {
      const index = create(DIMENSIONS);
      const entries = drawEntries('t', 1_500);
      await index.put(entries);
      expectSameAnswers(index, entries);
    });

    it('adds, updates and removals in any order → still the same top 10', async () => {
      const index = create(DIMENSIONS);
      const random = createRandom(11);
      const kept = new Map<string, VectorEntry>();
      for (let round = 0; round < 40; round += 1) {
        const fresh = drawEntries(`r${round}-`, 30);
        const updated = [...kept.keys()]
          .filter(() => random() < 0.1)
          .map((key) => ({ key, vector: draw() }));
        await index.put([...fresh, ...updated]);
        for (const entry of [...fresh, ...updated]) kept.set(entry.key, entry);
        const gone = [...kept.keys()].filter(() => random() < 0.08);
        await index.remove([...gone, 'never-there']);
        for (const key of gone) kept.delete(key);
      }
      expect(kept.size).toBeGreaterThan(200);
      expectSameAnswers(index, kept.values());
    });

    it('a filter that few pass → the best of those, not fewer', async () => {
      const index = create(DIMENSIONS);
      const entries = drawEntries('t', 1_000);
      await index.put(entries);
      const accepted = entries.filter((_, row) => row % 100 === 7);
      const accept = (key: string): boolean => accepted.some((entry) => entry.key === key);
      const vector = draw();
      const all = new Map(accepted.map((entry) => [entry.key, entry.vector]));
      expect(index.search(vector, K, accept)).toEqual(nearest(all, vector, K));
    });

    it('fewer vectors than asked for → all of them; none → nothing', async () => {
      const index = create(DIMENSIONS);
      expect(index.search(draw(), K)).toEqual([]);
      await index.put(drawEntries('t', 3));
      expect(index.search(draw(), K)).toHaveLength(3);
      await index.remove(['t0', 't1', 't2']);
      expect(index.search(draw(), K)).toEqual([]);
    });

    it('the same key twice in one put → the later vector', async () => {
      const index = create(DIMENSIONS);
      const [first, second] = [draw(), draw()];
      await index.put([
        { key: 't', vector: first },
        { key: 't', vector: second },
      ]);
      expect(index.size).toBe(1);
      expect(index.search(second, K)).toEqual(nearest(new Map([['t', second]]), second, K));
    });

    it('equal vectors → lower key first', async () => {
      const index = create(DIMENSIONS);
      const vector = draw();
      await index.put(['c', 'a', 'b'].map((key) => ({ key, vector })));
      expect(index.search(vector, K).map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    });
  });
}
