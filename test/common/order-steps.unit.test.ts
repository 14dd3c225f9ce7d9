// Proves that steps come out behind what they depend on, that exactly the cyclic graphs are
// refused, and that the work is linear. Graphs are random (fast-check).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependenciesOf, orderSteps } from '../../common/order-steps.ts';
import type { StepEdges } from '../../common/order-steps.ts';
import type { StepId } from '../../common/plan.ts';
import { parseStepArgs } from '../../common/step-arg.ts';

const id = (name: string) => name as StepId;
const step = (name: string, ...after: string[]): StepEdges => ({
  id: id(name),
  args: {},
  after: after.map(id),
});

describe('dependenciesOf', () => {
  it('references in nested arguments and after → each step once', () => {
    const args = parseStepArgs({ a: ['${x}', { b: 'see ${y.name} and ${x.$text}' }], c: 'plain' });
    expect(dependenciesOf({ id: id('z'), args, after: [id('y'), id('w')] })).toEqual([
      'x',
      'y',
      'w',
    ]);
  });
});

describe('orderSteps', () => {
  it('no edges → the order given', () => {
    expect(orderSteps([step('b'), step('a')])).toEqual({ steps: [step('b'), step('a')] });
  });

  it('two steps with one id → named', () => {
    expect(orderSteps([step('a'), step('a')])).toMatchObject({
      problem: { kind: 'duplicate-id', step: 'a' },
    });
  });

  it('edge to a step that is not there → both named', () => {
    expect(orderSteps([step('a', 'ghost')])).toMatchObject({
      problem: { kind: 'unknown-step', step: 'a', missing: 'ghost' },
    });
  });

  it('cycle behind a harmless step → only the circle is named, in order', () => {
    expect(
      orderSteps([step('free'), step('d', 'a'), step('a', 'b'), step('b', 'a')]),
    ).toMatchObject({
      problem: {
        kind: 'cycle',
        cycle: ['a', 'b', 'a'],
        message: expect.stringContaining('a → b → a'),
      },
    });
  });

  it('step that waits for itself → a circle of one', () => {
    expect(orderSteps([step('a', 'a')])).toMatchObject({
      problem: { kind: 'cycle', cycle: ['a', 'a'] },
    });
  });

  it('random graphs → ordered if and only if there is no cycle', () => {
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc
          .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 20 })
          .map((edges) =>
            Array.from({ length: size }, (_, at) =>
              step(`s${at}`, ...edges.filter(([from]) => from === at).map(([, to]) => `s${to}`)),
            ),
          ),
      );
    fc.assert(
      fc.property(graph, (steps) => {
        const ordered = orderSteps(steps);
        if ('problem' in ordered) {
          expect(reaches(steps)).toBe(true);
          expectClosedWalk(steps, ordered.problem);
          return;
        }
        expect(reaches(steps)).toBe(false);
        const place = new Map(ordered.steps.map((placed, at) => [placed.id, at]));
        expect(place.size).toBe(steps.length);
        for (const placed of ordered.steps) {
          for (const need of dependenciesOf(placed)) {
            expect(place.get(need)).toBeLessThan(place.get(placed.id) ?? -1);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('10,000 steps in a chain written backwards, each also needing ten others → edges read once', () => {
    const size = 10_000;
    let reads = 0;
    const steps = Array.from({ length: size }, (_, at): StepEdges => {
      const needs = Array.from({ length: 10 }, (_, k) => at + k + 1)
        .filter((to) => to < size)
        .map((to) => id(`s${to}`));
      return {
        id: id(`s${at}`),
        args: {},
        get after() {
          reads += 1;
          return needs;
        },
      };
    });
    const ordered = orderSteps(steps);
    expect(reads).toBe(size);
    expect('steps' in ordered && ordered.steps[0]?.id).toBe(`s${size - 1}`);
  });
});

/** An independent oracle: does any step reach itself? */
function reaches(steps: readonly StepEdges[]): boolean {
  const needs = new Map(steps.map((each) => [each.id, dependenciesOf(each)]));
  return steps.some((start) => {
    const seen = new Set<StepId>();
    const open = [...(needs.get(start.id) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === start.id) return true;
      if (!seen.has(next)) open.push(...(needs.get(next) ?? []));
      seen.add(next);
    }
    return false;
  });
}

function expectClosedWalk(steps: readonly StepEdges[], problem: { readonly kind: string }): void {
  if (!('cycle' in problem)) throw new Error(`expected a cycle, got ${problem.kind}`);
  const cycle = problem.cycle as readonly StepId[];
  expect(cycle[0]).toBe(cycle.at(-1));
  for (const [at, from] of cycle.slice(0, -1).entries()) {
    const needs = dependenciesOf(steps.find((each) => each.id === from) as StepEdges);
    expect(needs).toContain(cycle[at + 1]);
  }
}
