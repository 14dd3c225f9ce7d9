// Proves the scheduler: on random plans every step starts only after what it needs, each exactly
// once, and the longest chain goes first.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanStep, StepId } from '../../common/plan.ts';
import { createSchedule } from '../../common/schedule.ts';
import { after, step } from '../support/plans.ts';

/** Random acyclic plans: each step may need any of those before it; shuffled afterwards. */
const plans = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 25 })
  .chain((needs) => {
    const steps = needs.map((picks, index) => {
      const ids = index === 0 ? [] : [...new Set(picks.map((pick) => `s${pick % index}`))];
      return step(`s${index}`, after(...ids));
    });
    return fc.shuffledSubarray(steps, { minLength: steps.length });
  });

function drain(steps: readonly PlanStep[], fails: (id: StepId) => boolean) {
  const schedule = createSchedule(steps);
  const started: StepId[] = [];
  const skipped: StepId[] = [];
  for (let next = schedule.next(); next !== null; next = schedule.next()) {
    started.push(next.id);
    skipped.push(...schedule.settle(next.id, !fails(next.id)));
  }
  return { started, skipped };
}

describe('createSchedule', () => {
  it('any plan whose steps succeed → each step once, after all it needs', () => {
    fc.assert(
      fc.property(plans, (steps) => {
        const { started, skipped } = drain(steps, () => false);
        expect(skipped).toEqual([]);
        expect([...started].sort()).toEqual(steps.map(({ id }) => id).sort());
        for (const { id, after: needs } of steps) {
          for (const need of needs) expect(started.indexOf(need)).toBeLessThan(started.indexOf(id));
        }
      }),
    );
  });

  it('any plan with failing steps → a step is started or skipped, never both, never lost', () => {
    fc.assert(
      fc.property(plans, fc.nat({ max: 6 }), (steps, every) => {
        const fails = (id: StepId): boolean => Number(id.slice(1)) % (every + 2) === 0;
        const { started, skipped } = drain(steps, fails);
        expect([...started, ...skipped].sort()).toEqual(steps.map(({ id }) => id).sort());
        for (const { id, after: needs } of steps) {
          const lost = needs.some((need) => skipped.includes(need) || fails(need));
          expect(skipped.includes(id)).toBe(lost);
        }
      }),
    );
  });

  it('two ready steps → the one with the longer chain behind it first', () => {
    const schedule = createSchedule([
      step('short'),
      step('long'),
      step('long2', after('long')),
      step('long3', after('long2')),
    ]);
    expect(schedule.next()?.id).toBe('long');
    expect(schedule.next()?.id).toBe('short');
    expect(schedule.next()).toBeNull();
  });

  it('10,000 steps in a chain → scheduled in order', () => {
    const steps = Array.from({ length: 10_000 }, (_, index) =>
      step(`c${index}`, index === 0 ? {} : after(`c${index - 1}`)),
    );
    expect(drain(steps, () => false).started).toEqual(steps.map(({ id }) => id));
  });
});
