// Proves that the light mode runs a plan by the same rules as a run: order, abort, skipped
// dependents; and that what another attempt may mend leaves the item alone, with nothing in flight.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { Plan } from '../../../common/plan.ts';
import type { ToolResult } from '../../../common/tool.ts';
import { ServiceError } from '../../../services/errors.ts';
import { isLightPlan } from '../../../services/batches/is-light-plan.ts';
import { nextEpochs } from '../../../services/batches/next-epochs.ts';
import { runLightItem } from '../../../services/batches/run-light-item.ts';
import { after, literal, output, plan, step, textResult } from '../../support/plans.ts';

type Behaviour = (args: JsonObject) => Promise<ToolResult> | ToolResult;

function run(given: Plan, behaviours: Readonly<Record<string, Behaviour>> = {}) {
  const calls: string[] = [];
  const end = runLightItem(
    given,
    async ({ id }, args) => {
      calls.push(`${id} ${JSON.stringify(args)}`);
      return (await behaviours[id]?.(args)) ?? textResult(`${id} done`);
    },
    new AbortController().signal,
  );
  return { end, calls };
}

const fails =
  (retry: boolean): Behaviour =>
  () => {
    throw new ServiceError(FAILURE.toolUnavailable, 'It is away.', {
      retry: { allowed: retry, afterMs: null },
    });
  };

describe('runLightItem', () => {
  it('a chain → each step gets what it refers to', async () => {
    const chain = plan(
      step('b', { args: { of: output('a', '$text') } }),
      step('a', { args: { n: literal(1) } }),
    );
    const { end, calls } = run(chain);
    expect(await end).toMatchObject({ outcome: 'completed', problem: null, refused: [] });
    expect(calls).toEqual(['a {"n":1}', 'b {"of":"a done"}']);
  });

  it('a step that aborts fails → what follows is not called, and the step is named', async () => {
    const { end, calls } = run(plan(step('a'), step('b', after('a'))), { a: fails(false) });
    expect(await end).toMatchObject({
      outcome: 'failed',
      problemType: 'Tool.Unavailable',
      problem: 'Step "a" (fake/tool) failed: It is away.',
    });
    expect(calls).toHaveLength(1);
  });

  it('a step that may fail fails → what does not need it runs', async () => {
    const given = plan(
      step('a', { onFailure: 'skip-dependents' }),
      step('b', after('a')),
      step('c'),
    );
    const { end, calls } = run(given, { a: () => textResult('no', true) });
    expect(await end).toMatchObject({
      outcome: 'partial',
      problemType: 'ToolError',
      refused: ['a'],
    });
    expect(calls).toEqual(['a {}', 'c {}']);
  });

  it('a step with an effect among them → one by one, as they were written', async () => {
    const given = plan(
      step('write', { effect: 'non-idempotent' }),
      step('b'),
      step('c', after('b')),
      step('d', { ...after('write'), effect: 'keyed' }),
    );
    let inFlight = 0;
    const alone: Behaviour = async () => {
      inFlight += 1;
      expect(inFlight).toBe(1);
      await new Promise(setImmediate);
      inFlight -= 1;
      return textResult('done');
    };
    const { end, calls } = run(given, { write: alone, b: alone, c: alone, d: alone });
    expect(await end).toMatchObject({ outcome: 'completed' });
    expect(calls.map((call) => call[0])).toEqual(['w', 'b', 'c', 'd']);
  });

  it('a failure that may pass → thrown, once all that was begun has ended', async () => {
    const slow = Promise.withResolvers<ToolResult>();
    const { end, calls } = run(plan(step('a'), step('b'), step('c', after('b'))), {
      a: fails(true),
      b: () => slow.promise,
    });
    let isOver = false;
    const over = end.then(
      () => 'done',
      (error: Error) => error.message,
    );
    void over.finally(() => (isOver = true));
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    slow.resolve(textResult('late'));
    expect(await over).toBe('It is away.');
    expect(calls).toEqual(['b {}', 'a {}']);
  });
});

describe('isLightPlan', () => {
  it('plain steps → light; a field that only a run knows, or many steps → not', () => {
    expect(isLightPlan(plan(step('a')))).toBe(true);
    expect(isLightPlan(plan({ ...step('a'), waitFor: 'signal' } as never))).toBe(false);
    expect(isLightPlan(plan(...Array.from({ length: 11 }, (_, at) => step(`s${at}`))))).toBe(false);
  });
});

describe('nextEpochs', () => {
  it('a step whose tool said no → called anew under a new key; the others keep theirs', () => {
    const before = { epochs: { b: 2 }, result: { refused: ['a', 'b'] } };
    expect(nextEpochs(before)).toEqual({ a: 2, b: 3 });
    expect(nextEpochs({ epochs: {}, result: null })).toEqual({});
  });

  it('the result of a run → what its tools refused and what it undid; of an agent → nothing', () => {
    const steps = [
      { id: 'a', state: 'done' },
      { id: 'a_undo', state: 'done' },
      { id: 'b', state: 'done' },
      { id: 'b_undo', state: 'failed' },
    ];
    const results = { a: textResult('x'), b: textResult('x'), c: textResult('no', true) };
    const result = { steps, results } as never;
    expect(nextEpochs({ epochs: { c: 4 }, result })).toEqual({ a: 2, a_undo: 2, c: 5 });
    expect(nextEpochs({ epochs: {}, result: { steps } as never })).toEqual({});
  });
});
