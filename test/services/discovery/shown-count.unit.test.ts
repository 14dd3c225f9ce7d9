// Proves how many tools an answer shows: few when sure, more when unsure, always within bounds.
import { describe, expect, it } from 'vitest';
import { shownCount } from '../../../services/discovery/shown-count.ts';
import { FIT_THRESHOLD } from '../../../services/registry/search/confidence.ts';

describe('shownCount', () => {
  it('from sure to hardly sure → from 3 to 8, never fewer with less confidence', () => {
    const counts = [1, 0.8, 0.6, 0.5, 0.4, FIT_THRESHOLD, 0].map(shownCount);
    expect(counts[0]).toBe(3);
    expect(counts.at(-1)).toBe(8);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });
});
