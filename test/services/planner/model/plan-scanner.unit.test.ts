// Proves that steps are found in a plan's JSON while it is being written: however it is cut into
// pieces, in order, each once, and nothing where the text is no plan.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../common/json.ts';
import { createPlanScanner } from '../../../../services/planner/model/plan-scanner.ts';

function scan(pieces: readonly string[]): readonly JsonObject[] {
  const scanner = createPlanScanner();
  return pieces.flatMap((piece) => scanner.feed(piece));
}

function cut(text: string, at: readonly number[]): readonly string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => text.slice(from, places[index]));
}

describe('a plan that is being written', () => {
  it('a step is complete → given at once, while the next one is open', () => {
    const scanner = createPlanScanner();
    expect(scanner.feed('{"steps":[{"id":"a","args":{"x":"}]"}}')).toEqual([
      { id: 'a', args: { x: '}]' } },
    ]);
    expect(scanner.feed(',{"id":"b"')).toEqual([]);
    expect(scanner.feed('}]}')).toEqual([{ id: 'b' }]);
  });

  it('any steps with any fields around, cut anywhere → exactly the steps, in order', () => {
    const step = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    const field = fc.string().filter((name) => name !== 'steps');
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 5 }),
        fc.dictionary(field, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom(0, 2),
        (steps, others, places, indent) => {
          const plan = JSON.stringify({ ...others, steps, order: 'free' }, null, indent);
          expect(scan(cut(plan, places))).toEqual(JSON.parse(JSON.stringify(steps)));
        },
      ),
    );
  });

  it('any text → never throws', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => void scan(pieces)));
  });

  it.each([
    ['steps inside another field', '{"note":{"steps":[{"id":"a"}]}}'],
    ['a field that begins alike', '{"steps_before":[{"id":"a"}]}'],
    ['a list', '[{"id":"a"}]'],
    ['a step that is no JSON', '{"steps":[{id:1}]}'],
  ])('%s → no steps', (_what, text) => {
    expect(scan([text])).toEqual([]);
  });
});
