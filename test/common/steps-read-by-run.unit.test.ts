import { describe, expect, it } from 'vitest';
import type { StepId } from '../../common/plan.ts';
import { stepsReadByRun } from '../../common/steps-read-by-run.ts';
import { literal, output, plan, step } from '../support/plans.ts';

const NONE = new Set<StepId>();

describe('stepsReadByRun', () => {
  it.each([
    ['a condition', { when: { value: output('a') } }],
    ['a list', { forEach: { items: output('a', 'rows'), maxParallel: 1 } }],
    [
      'an action',
      {
        action: { kind: 'wait' },
        args: { until: { kind: 'template', parts: ['at ', output('a')] } },
      },
    ],
  ] as const)('%s refers to an answer → the run reads it', (_what, given) => {
    const made = plan(step('a'), step('b', given as Parameters<typeof step>[1]));
    expect([...stepsReadByRun(made, NONE)]).toEqual(['a']);
  });

  it('arguments of a tool refer to it → the tool reads it', () => {
    const made = plan(step('a'), step('b', { args: { text: output('a'), size: literal(1) } }));
    expect(stepsReadByRun(made, NONE).size).toBe(0);
  });

  it('the step that read it has ended → nobody does', () => {
    const made = plan(step('a'), step('b', { when: { value: output('a') } }));
    expect(stepsReadByRun(made, new Set(['a', 'b'] as StepId[])).size).toBe(0);
  });
});
