// Proves that the threshold keeps wrong hits within what is allowed: on what was seen, and, over many
// drawn streams, on what comes after; and that nothing is hit before enough was seen.
import { describe, expect, it } from 'vitest';
import { createErrorBound } from '../../../../services/cache/semantic/error-bound.ts';
import { createRandom } from '../../../bench/support/random.ts';

/** Scores from 0 to 1; the higher, the seldomer wrong. */
function draw(random: () => number): { score: number; wrong: boolean } {
  const score = random();
  return { score, wrong: random() > score };
}

describe('createErrorBound', () => {
  it('nothing or too little seen → nothing is a hit', () => {
    const bound = createErrorBound(0.01);
    expect(bound.threshold()).toBe(Infinity);
    for (let n = 0; n < 75; n += 1) bound.note(1, false, 1);
    expect(bound.threshold()).toBe(Infinity);
    for (let n = 0; n < 50; n += 1) bound.note(1, false, 1);
    expect(bound.threshold()).toBe(1);
  });

  it.each([0.01, 0.02, 0.05])('%d allowed → no more on average in what comes after', (allowed) => {
    const random = createRandom(7);
    let wrong = 0;
    let hits = 0;
    const [streams, after] = [100, 1_000];
    for (let stream = 0; stream < streams; stream += 1) {
      const bound = createErrorBound(allowed);
      for (let n = 0; n < 1_000; n += 1) {
        const { score, wrong: isWrong } = draw(random);
        bound.note(score, isWrong, 1);
      }
      for (let n = 0; n < after; n += 1) {
        const { score, wrong: isWrong } = draw(random);
        if (score < bound.threshold()) continue;
        hits += 1;
        if (isWrong) wrong += 1;
      }
    }
    expect(wrong / (streams * after)).toBeLessThanOrEqual(allowed * 1.02);
    expect(hits / (streams * after)).toBeGreaterThan(allowed);
  });

  it('a wrong hit that stands for many → the threshold rises above it', () => {
    const bound = createErrorBound(0.05);
    for (let n = 0; n < 199; n += 1) bound.note(0.5 + n / 1_000, false, 1);
    bound.note(0.55, true, 20);
    expect(bound.threshold()).toBeGreaterThan(0.55);
  });

  it('what could not be hit → counts as a request, never as a hit', () => {
    const bound = createErrorBound(0.5);
    for (let n = 0; n < 100; n += 1) bound.note(-Infinity, false, 1);
    expect(bound.threshold()).toBe(Infinity);
  });
});
