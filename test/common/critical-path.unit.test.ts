// Proves that the longest way through a plan is found, whatever the order of its steps and however
// long the chain: against every way of random small plans, and on shapes with a known answer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimedStep } from '../../common/critical-path.ts';
import { criticalPath } from '../../common/critical-path.ts';

const step = (id: string, ms: number, ...needs: readonly string[]): TimedStep => ({
  id,
  ms,
  needs,
});

describe('criticalPath', () => {
  it('no steps → nothing; one → itself', () => {
    expect(criticalPath([])).toEqual({ steps: [], ms: 0 });
    expect(criticalPath([step('a', 5)])).toEqual({ steps: ['a'], ms: 5 });
  });

  it('a slow step beside a longer chain → the way that takes longer', () => {
    const steps = [step('c', 10, 'b'), step('slow', 100), step('b', 10, 'a'), step('a', 10)];
    expect(criticalPath(steps)).toEqual({ steps: ['slow'], ms: 100 });
    expect(criticalPath([...steps, step('d', 90, 'c')])).toEqual({
      steps: ['a', 'b', 'c', 'd'],
      ms: 120,
    });
  });

  it('no times → the way with most steps; a need from elsewhere → passed over', () => {
    expect(criticalPath([step('b', 0, 'a'), step('a', 0, 'gone'), step('z', 0)])).toEqual({
      steps: ['a', 'b'],
      ms: 0,
    });
  });

  it('a chain of 20,000 steps, last first → found', () => {
    const steps = Array.from({ length: 20_000 }, (_, at) =>
      at === 0 ? step('s0', 1) : step(`s${at}`, 1, `s${at - 1}`),
    ).reverse();
    const found = criticalPath(steps);
    expect(found.ms).toBe(20_000);
    expect(found.steps.at(0)).toBe('s0');
  });

  it('any plan → as long as the longest of all its ways', () => {
    const plans = fc.array(
      fc.record({ ms: fc.nat(50), needs: fc.array(fc.nat(7), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(plans, (given) => {
        const steps = given.map(({ ms, needs }, at) =>
          step(`${at}`, ms, ...needs.filter((need) => need < at).map(String)),
        );
        const longest = (id: string): number => {
          const own = steps[Number(id)];
          return (own?.ms ?? 0) + Math.max(0, ...(own?.needs ?? []).map(longest));
        };
        const { ms, steps: way } = criticalPath(steps);
        expect(ms).toBe(Math.max(...steps.map(({ id }) => longest(id))));
        expect(way.reduce((sum, id) => sum + (steps[Number(id)]?.ms ?? 0), 0)).toBe(ms);
        way.slice(1).forEach((id, at) => expect(steps[Number(id)]?.needs).toContain(way[at]));
      }),
    );
  });
});
