import type { Embedder } from '../../../services/embeddings/embedder.ts';

/** Embeds each text once, however many arms and sets ask for it. */
export function createRememberingEmbedder(embedder: Embedder): Embedder {
  const known = new Map<string, Float32Array>();
  return {
    ...embedder,
    async embed(texts) {
      const fresh = [...new Set(texts)].filter((text) => !known.has(text));
      const vectors = await embedder.embed(fresh);
      fresh.forEach((text, row) => known.set(text, vectors[row] as Float32Array));
      return texts.map((text) => known.get(text) as Float32Array);
    },
  };
}
