import { mean } from './measures.ts';
import { quantile } from './quantile.ts';
import { createRandom } from './random.ts';

const ROUNDS = 1_000;

/** Where the mean lies with 95 % confidence: from 1,000 samples drawn with replacement. */
export function interval(values: readonly number[]): readonly [low: number, high: number] {
  const random = createRandom(17);
  const means = Array.from({ length: ROUNDS }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  );
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
