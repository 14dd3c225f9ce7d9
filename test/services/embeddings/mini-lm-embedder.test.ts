// Proves that the model in this process is all-MiniLM-L6-v2, by the likenesses its model card
// states, and that batches, long texts and a missing model behave. Uses the real model.
import { afterAll, describe, expect, it } from 'vitest';
import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { dot } from '../../../services/registry/index/nearest.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';

const embedder = createMiniLmEmbedder({ modelDir: MODEL_DIR });
afterAll(() => embedder.close());

async function likeness(a: string, b: string): Promise<number> {
  const [first, second] = await embedder.embed([a, b]);
  if (first === undefined || second === undefined) throw new Error('no vectors');
  return dot(first, second);
}

describe('createMiniLmEmbedder', () => {
  it("the model card's sentences → the model card's cosines", async () => {
    const source = 'That is a happy person';
    expect(await likeness(source, 'That is a happy dog')).toBeCloseTo(0.695, 3);
    expect(await likeness(source, 'That is a very happy person')).toBeCloseTo(0.943, 3);
    expect(await likeness(source, 'Today is a sunny day')).toBeCloseTo(0.257, 3);
  });

  it('many texts of many lengths → each its own vector of unit length, in order', async () => {
    const texts = Array.from({ length: 40 }, (_, row) =>
      `tool ${row} `.repeat(1 + ((row * 7) % 20)),
    );
    const together = await embedder.embed(texts);
    expect(together).toHaveLength(texts.length);
    for (const row of [0, 1, 17, 39]) {
      const [alone] = await embedder.embed([texts[row] ?? '']);
      const vector = together[row];
      if (alone === undefined || vector === undefined) throw new Error('no vector');
      expect(vector).toHaveLength(embedder.dimensions);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
      expect(dot(vector, alone)).toBeGreaterThan(0.99999);
    }
  });

  it('a text of more than 256 tokens, up to 1 MB → only its beginning counts', async () => {
    const long = 'word '.repeat(300);
    expect(await likeness(long, `${long} and a sunny day`)).toBeCloseTo(1, 5);
    const [huge] = await embedder.embed(['x y '.repeat(250_000)]);
    expect(huge).toHaveLength(embedder.dimensions);
  });

  it('an empty text → a vector; no texts → none', async () => {
    const [vector] = await embedder.embed(['']);
    expect(vector?.every(Number.isFinite)).toBe(true);
    expect(await embedder.embed([])).toEqual([]);
  });

  it('no model in the folder → Unavailable, naming folder and remedy', async () => {
    const missing = createMiniLmEmbedder({ modelDir: '/nowhere/model' });
    await expect(missing.embed(['a'])).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringMatching(/\/nowhere\/model.*npm run bootstrap/),
    });
  });
});
