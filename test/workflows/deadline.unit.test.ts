// Proves that a run's wall time is what has passed, however the clock of the server jumps: the
// deadline follows a clock that the test turns.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeadline } from '../../workflows/deadline.ts';

const DAY_MS = 24 * 3_600_000;

function setUp(wallMs: number) {
  let nowMs = 1_763_942_400_000;
  const deadline = createDeadline(nowMs + wallMs, () => nowMs);
  return {
    /** @returns what is left after the clock has moved so far. */
    turn(byMs: number): number {
      nowMs += byMs;
      return deadline() - nowMs;
    },
  };
}

describe('createDeadline', () => {
  it('the clock goes on → the deadline stays', () => {
    const { turn } = setUp(10_000);
    expect([turn(0), turn(4_000), turn(7_000)]).toEqual([10_000, 6_000, -1_000]);
  });

  it('the clock goes back a day, once or again → no more is left than before', () => {
    const { turn } = setUp(10_000);
    expect(turn(4_000)).toBe(6_000);
    expect(turn(-DAY_MS)).toBe(6_000);
    expect(turn(3_000)).toBe(3_000);
    expect(turn(-DAY_MS)).toBe(3_000);
    expect(turn(3_000)).toBe(0);
  });

  it('any jumps → what is left never grows, and falls by all that passed forwards', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -DAY_MS, max: DAY_MS })), (moves) => {
        const { turn } = setUp(10_000);
        let leftMs = 10_000;
        for (const move of moves) {
          leftMs -= Math.max(0, move);
          expect(turn(move)).toBe(leftMs);
        }
      }),
    );
  });
});
