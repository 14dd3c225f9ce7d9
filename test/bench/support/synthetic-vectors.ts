import { createRandom, gauss } from './random.ts';

export interface SyntheticOptions {
  readonly seed: number;
  readonly dimensions: number;
  /** Topics that the vectors gather around, as tools gather around what they are for. */
  readonly clusters: number;
  /** Standard deviation of each coordinate around its topic; a topic has length 1. */
  readonly spread: number;
}

/** An endless row of unit vectors around random topics: the same for the same options. */
export function* syntheticVectors(options: SyntheticOptions): Generator<Float32Array, never> {
  const random = createRandom(options.seed);
  const draw = (): Float32Array =>
    toUnit(Float32Array.from({ length: options.dimensions }, () => gauss(random)));
  const topics = Array.from({ length: options.clusters }, draw);
  for (;;) {
    const topic = topics[Math.floor(random() * topics.length)] ?? draw();
    yield toUnit(topic.map((value) => value + options.spread * gauss(random)));
  }
}

function toUnit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
