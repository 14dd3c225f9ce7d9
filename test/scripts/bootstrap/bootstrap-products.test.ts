// Proves that what the bootstrap builds is what it says: the FAISS addon searches, and the model
// gives the similarities that its authors publish for it. Uses the real products of this machine.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';
import faiss from 'faiss-node';
import { describe, expect, it } from 'vitest';
import { cacheDir } from '../../../scripts/bootstrap/cache-dir.mjs';

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);

describe('the bootstrap', () => {
  it('the model → the cosines of its model card', async () => {
    const own = process.env.OSTINATO_MODEL_DIR;
    env.allowRemoteModels = false;
    env.localModelPath = own ? join(own, '..') : join(cacheDir(process.env, homedir()), 'models');
    const embed = await pipeline(
      'feature-extraction',
      own ? (own.split('/').at(-1) ?? '') : 'all-MiniLM-L6-v2',
      { dtype: 'fp32' },
    );
    const sentences = [
      'That is a happy person',
      'That is a happy dog',
      'That is a very happy person',
      'Today is a sunny day',
    ];
    const output = await embed(sentences, { pooling: 'mean', normalize: true });
    const [source = [], ...others] = output.tolist() as number[][];
    expect(source).toHaveLength(384);
    const cosines = others.map((other) => Number(dot(source, other).toFixed(3)));
    expect(cosines).toEqual([0.695, 0.943, 0.257]);
  });

  it('the addon → nearest neighbours, by exact and by graph search', () => {
    const corners = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    for (const index of [new faiss.IndexFlatIP(3), faiss.Index.fromFactory(3, 'HNSW8', 0)]) {
      index.add(corners);
      expect(index.search([0.1, 0.9, 0.2], 1).labels).toEqual([1]);
    }
  });

  it('tests run on the pinned Node → 24', () => {
    expect(process.versions.node).toMatch(/^24\./);
  });
});
