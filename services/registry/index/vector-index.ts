export interface VectorEntry {
  readonly key: string;
  /** Of unit length. */
  readonly vector: Float32Array;
}

export interface VectorMatch {
  readonly key: string;
  /** Cosine: the dot product of the two unit vectors. */
  readonly score: number;
}

/** Nearest vectors by cosine. Implementations differ in speed, not in what they answer. */
export interface VectorIndex {
  readonly implementation: 'faiss' | 'exact';
  readonly dimensions: number;
  readonly size: number;
  /** Adds vectors, or replaces those whose key is there. One `put` or `remove` at a time. */
  put(entries: readonly VectorEntry[]): Promise<void>;
  /** Keys that are not there are ignored. */
  remove(keys: readonly string[]): Promise<void>;
  get(key: string): Float32Array | null;
  entries(): Iterable<VectorEntry>;
  /**
   * The `k` best, best first; of equal scores the lower key first.
   *
   * @param accept leaves keys out before they count
   */
  search(
    vector: Float32Array,
    k: number,
    accept?: (key: string) => boolean,
  ): readonly VectorMatch[];
  /** What spares a slow rebuild on load, or `null` where the vectors alone are enough. */
  snapshot(): VectorGraph | null;
}

/** A built graph as bytes: label `n` stands for `keys[n]`, or for nothing where it is `null`. */
export interface VectorGraph {
  readonly keys: readonly (string | null)[];
  readonly bytes: Buffer;
}
