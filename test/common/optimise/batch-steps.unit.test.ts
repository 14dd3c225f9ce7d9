// Proves when calls are made by one and when not: only what may start at the same moment, is safe to
// make again, differs in the declared argument alone, and does not make the plan longer.
import { describe, expect, it } from 'vitest';
import { batchAnswers } from '../../../common/batch-answers.ts';
import { batchSteps } from '../../../common/optimise/batch-steps.ts';
import { leaveBatches } from '../../../common/optimise/leave-batches.ts';
import type { FindToolFacts } from '../../../common/optimise/tool-facts.ts';
import { optimisePlan } from '../../../common/optimise/optimise-plan.ts';
import { dependenciesOf } from '../../../common/order-steps.ts';
import type { BatchTool, PlanStep } from '../../../common/plan.ts';
import { renameSteps } from '../../../common/rename-steps.ts';
import type { ToolId } from '../../../common/tool.ts';
import { after, literal, output, plan, step, textResult } from '../../support/plans.ts';

const ONE = 's/one' as ToolId;
const many: BatchTool = {
  tool: 's/many' as ToolId,
  effect: 'read',
  fingerprint: 'f',
  timeoutMs: 9_000,
  ...{ argument: 'city', items: 'cities', result: 'list', maxItems: 3 },
};
const factsOf =
  (batch: BatchTool): FindToolFacts =>
  (tool) =>
    tool === ONE ? { inputSchema: null, outputSchema: null, resources: null, batch } : undefined;
const ask = (id: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { tool: ONE, args: { city: literal(id) }, ...more });

function batched(steps: readonly PlanStep[], batch: BatchTool = many): Record<string, string[]> {
  const done = batchSteps(steps, factsOf(batch));
  return Object.fromEntries(
    done.steps.flatMap(({ id, callsFor }) =>
      callsFor === undefined ? [] : [[id, [...callsFor.steps]]],
    ),
  );
}

describe('batchSteps', () => {
  it('three like calls → one step calls for them, and they wait for it', () => {
    const { steps } = batchSteps(
      [step('first'), ask('a', after('first')), ask('b', after('first')), ask('c', after('first'))],
      factsOf(many),
    );
    expect(steps.map(({ id }) => id)).toEqual(['first', 'a_batch', 'a', 'b', 'c']);
    expect(steps[1]).toMatchObject({
      ...{ tool: 's/many', effect: 'read', fingerprint: 'f', timeoutMs: 9_000 },
      args: { cities: { kind: 'list', items: [literal('a'), literal('b'), literal('c')] } },
      ...{ after: ['first'], optional: true, onFailure: 'skip-dependents' },
      callsFor: { steps: ['a', 'b', 'c'], tool: ONE, items: 'cities', result: 'list' },
    });
    expect(steps[2]).toMatchObject({ after: ['first', 'a_batch'], partOf: 'a_batch' });
  });

  it('more than the server takes → calls of that many; one that is left over is made alone', () => {
    expect(batched(['a', 'b', 'c', 'd'].map((id) => ask(id)))).toEqual({
      a_batch: ['a', 'b', 'c'],
    });
    expect(batched(['a', 'b', 'c', 'd', 'e'].map((id) => ask(id)))).toEqual({
      a_batch: ['a', 'b', 'c'],
      d_batch: ['d', 'e'],
    });
  });

  it.each<readonly [string, Partial<PlanStep>]>([
    ['waits for another step', after('first')],
    ['needs a value of another step', { args: { city: output('first') } }],
    ['has another argument', { args: { city: literal('b'), unit: literal('F') } }],
    ['has no such argument', { args: { town: literal('b') } }],
    ['may take another time', { timeoutMs: 1 }],
    ['has another definition', { fingerprint: 'x' }],
    ['is not safe to call again', { effect: 'non-idempotent' }],
    ['has another effect class than the tool for many', { effect: 'keyed' }],
    ['has a condition', { when: { value: literal(1) } }],
    ['waits for a person', { approval: 'always' }],
    ['has a number of attempts', { maxAttempts: 1 }],
  ])('one of two calls %s → both are made alone', (_, more) => {
    expect(batched([step('first'), ask('a'), ask('b', more)])).toEqual({});
  });

  it('calls of one key each, where the tool for many has one too → one call', () => {
    const steps = [ask('a', { effect: 'keyed' }), ask('b', { effect: 'keyed' })];
    expect(batched(steps, { ...many, effect: 'keyed' })).toEqual({ a_batch: ['a', 'b'] });
  });

  it('the call for many is known to make the plan longer → not made; beside a longer way it is', () => {
    const slow = { ...many, expectedMs: 500 };
    const steps = [ask('a', { expectedMs: 100 }), ask('b', { expectedMs: 100 })];
    expect(batched(steps, slow)).toEqual({});
    expect(batched([...steps, step('long', { expectedMs: 900 })], slow)).toEqual({
      a_batch: ['a', 'b'],
    });
  });

  it('a step of the plan has the name already → another name', () => {
    expect(batched([ask('a'), ask('b'), step('a_batch')])).toEqual({ a_batch2: ['a', 'b'] });
  });

  it('a step for each item → gets the tool for many where only the one argument is of the item', () => {
    const forEach = { items: output('first'), maxParallel: 2 };
    const map = (args: PlanStep['args']) =>
      batchSteps([ask('m', { forEach, args })], factsOf(many)).steps[0]?.batch;
    const item = output('item', 'name');
    expect(map({ city: item, unit: literal('F') })).toEqual(many);
    expect(map({ city: item, unit: item })).toBeUndefined();
    expect(map({ city: literal('x') })).toBeUndefined();
  });

  it('equal reads and like ones in one plan → merged first, then called together; edges say why it waits', () => {
    const { steps, edges } = optimisePlan(
      plan(step('first'), ...['a', 'b'].map((id) => ask(id, after('first'))), {
        ...ask('a2', after('first')),
        args: { city: literal('a') },
      }),
      { findFacts: factsOf(many), order: 'free', returns: null },
    );
    const of = (id: string) => steps.find((each) => each.id === id);
    expect(of('a_batch')?.callsFor?.steps).toEqual(['a', 'b']);
    expect(of('a2')).toMatchObject({ sameAs: 'a' });
    expect(edges.filter(({ to }) => to === 'a_batch')).toMatchObject([{ from: 'first' }]);
  });

  it('an earlier plan used the names → the renamed steps still belong together', () => {
    const { steps } = batchSteps([ask('a'), ask('b')], factsOf(many));
    const renamed = renameSteps({ steps }, ['a', 'a_batch'] as never).steps;
    expect(renamed.map(({ id, partOf, callsFor }) => [id, partOf ?? callsFor?.steps])).toEqual([
      ['a_batch_2', ['a_2', 'b']],
      ['a_2', 'a_batch_2'],
      ['b', 'a_batch_2'],
    ]);
    expect(dependenciesOf(renamed[1] as PlanStep)).toEqual(['a_batch_2']);
  });
});

describe('leaveBatches', () => {
  const known = { result: textResult('known'), untilMs: 1 };
  const three = batchSteps([ask('a'), ask('b'), ask('c')], factsOf(many)).steps;
  const knowing = (...ids: string[]) =>
    leaveBatches(three.map((each) => (ids.includes(each.id) ? { ...each, known } : each)));

  it('one of three is known → the call is for the other two', () => {
    const [batch, a, b] = knowing('a');
    expect(batch).toMatchObject({
      args: { cities: { items: [literal('b'), literal('c')] } },
      callsFor: { steps: ['b', 'c'] },
      title: 'for b, c',
    });
    expect([a?.after, a?.partOf, b?.partOf]).toEqual([[], undefined, 'a_batch']);
  });

  it('two of three are known → no call for several; none is → nothing changes', () => {
    const left = knowing('a', 'b');
    expect(left.map(({ id, partOf, after: waits }) => [id, partOf, waits])).toEqual([
      ['a', undefined, []],
      ['b', undefined, []],
      ['c', undefined, []],
    ]);
    expect(knowing()).toEqual(three);
  });
});

describe('batchAnswers', () => {
  const answered = (structured: object) => ({ ...textResult(''), structured }) as never;

  it('a list in its place → an answer each, as the tool for one gives it', () => {
    const got = batchAnswers(answered({ list: [{ t: 1 }, 'warm', null, 4] }), 'list', 4);
    expect(got).toEqual([
      { ...textResult('{"t":1}'), structured: { t: 1 } },
      textResult('warm'),
      null,
      textResult('4'),
    ]);
  });

  it.each([
    ['too short', answered({ list: [1] })],
    ['elsewhere', answered({ other: [1, 2] })],
    ['no list', answered({ list: 'x' })],
    ['an error', { ...textResult('[1,2]', true) }],
  ])('the list is %s → no answers', (_, result) => {
    expect(batchAnswers(result, 'list', 2)).toBeNull();
  });

  it('text that is a list, and no path → its items', () => {
    expect(batchAnswers(textResult('["x", "y"]'), '', 2)).toEqual([
      textResult('x'),
      textResult('y'),
    ]);
  });
});
