/** Turns texts into vectors whose dot product is their likeness. */
export interface Embedder {
  /** Model and precision, such as `minilm-l6-v2/fp32`. Vectors of two ids are never mixed. */
  readonly id: string;
  readonly dimensions: number;
  /** Vectors of unit length, in the order of the texts. An empty text is a text. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}
