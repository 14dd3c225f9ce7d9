// Proves how times are written, which steps decided the end, and what parallel running saved.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../../../client/cli/view/format-duration.ts';
import { timeSaved } from '../../../../client/cli/view/time-saved.ts';
import { longestWayLines } from '../../../../client/cli/view/longest-way.ts';
import { report } from './support.ts';

describe('longestWayLines', () => {
  it('steps that waited for each other → those that decided the end; one alone → nothing', () => {
    const timed = (id: string, from: number, to: number, needs: readonly string[] = []) =>
      report(id, { from, to, needs });
    const steps = [timed('a', 0, 1_000), timed('quick', 0, 10), timed('b', 1_000, 1_250, ['a'])];
    expect(longestWayLines(steps)).toEqual(['Longest way  a (1.00 s) → b (250 ms), 1.25 s in all']);
    expect(longestWayLines(steps.slice(1, 2))).toEqual([]);
    expect(longestWayLines([report('never', { state: 'skipped' })])).toEqual([]);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1234, '1.23 s'],
    [9994, '9.99 s'],
    [9996, '10.0 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('%d ms → %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('timeSaved', () => {
  it('two chains side by side → union of the times, their sum, and who ran with whom', () => {
    const saved = timeSaved([
      report('a', { from: 0, to: 100 }),
      report('b', { from: 10, to: 60 }),
      report('c', { from: 70, to: 90 }),
      report('d', { from: 200, to: 250 }),
      report('waiting'),
    ]);
    expect(saved).toEqual({
      wallMs: 150,
      sequentialMs: 220,
      mostAtOnce: 2,
      together: [
        ['a', 'b'],
        ['a', 'c'],
      ],
    });
  });

  it('one after another, touching → nothing was parallel', () => {
    const saved = timeSaved([report('a', { from: 0, to: 10 }), report('b', { from: 10, to: 20 })]);
    expect(saved).toEqual({ wallMs: 20, sequentialMs: 20, mostAtOnce: 1, together: [] });
  });

  it('no step started → zeros', () => {
    expect(timeSaved([report('a')])).toMatchObject({ wallMs: 0, sequentialMs: 0, mostAtOnce: 0 });
  });

  it('any spans → wall is at most the sum, and the largest set is the most at once', () => {
    const span = fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 15 }), (spans) => {
        const steps = spans.map(([from, length], at) =>
          report(`s${at}`, { from, to: from + length }),
        );
        const { wallMs, sequentialMs, mostAtOnce } = timeSaved(steps);
        expect(wallMs).toBeLessThanOrEqual(sequentialMs);
        const at = (ms: number): number =>
          spans.filter(([from, length]) => from <= ms && ms < from + length).length;
        expect(mostAtOnce).toBe(Math.max(0, ...spans.map(([from]) => at(from))));
      }),
    );
  });
});
