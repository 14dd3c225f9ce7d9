// Proves the pace of a batch's starts: even, no faster than asked for, and no longer waits than the pace
// gives where the clock jumps.
import { describe, expect, it } from 'vitest';
import { createPace } from '../../common/pace.ts';

const DAY_MS = 24 * 3_600_000;

describe('ten starts a second', () => {
  it('asked at once → a tenth of a second between them', () => {
    const wait = createPace(10);
    expect([wait(5_000), wait(5_000), wait(5_000)]).toEqual([0, 100, 200]);
  });

  it('asked seldom → none waits, and none is saved up for later', () => {
    const wait = createPace(10);
    expect([wait(5_000), wait(9_000), wait(9_000)]).toEqual([0, 0, 100]);
  });

  it('the clock goes back a day → the next waits no longer than it would have', () => {
    const wait = createPace(10);
    wait(DAY_MS * 2);
    wait(DAY_MS * 2);
    expect(wait(DAY_MS)).toBe(200);
    expect(wait(DAY_MS + 200)).toBe(100);
  });

  it('the clock goes on a day → none waits, and the pace holds from there', () => {
    const wait = createPace(10);
    wait(DAY_MS);
    expect([wait(DAY_MS * 2), wait(DAY_MS * 2)]).toEqual([0, 100]);
  });
});
