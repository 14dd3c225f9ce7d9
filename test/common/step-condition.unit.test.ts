// Proves when a step's condition holds: each comparison, values that are missing or of another type.
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../common/json.ts';
import type { StepCondition, StepId } from '../../common/plan.ts';
import { conditionHolds, describeCondition } from '../../common/step-condition.ts';
import type { ToolResult } from '../../common/tool.ts';
import { output, textResult } from '../support/plans.ts';

type Comparison = Omit<StepCondition, 'value'>;

const results = new Map<StepId, ToolResult>([
  [
    'a' as StepId,
    { ...textResult(''), structured: { n: 3, s: 'x', no: false, list: [1, { k: 2 }] } },
  ],
]);
const holds = (path: string, comparison: Comparison): boolean =>
  conditionHolds({ value: output('a', path), ...comparison }, results);

describe('conditionHolds', () => {
  it.each<[string, Comparison, boolean]>([
    ['n', { above: 2 }, true],
    ['n', { above: 3 }, false],
    ['n', { below: 3.5 }, true],
    ['s', { equals: 'x' }, true],
    ['list', { equals: [1, { k: 2 }] }, true],
    ['list', { notEquals: [1, { k: 2 }] }, false],
    ['no', {}, false],
    ['s', {}, true],
    ['none', {}, false],
    ['none', { exists: false }, true],
    ['no', { exists: true }, true],
    ['none', { notEquals: 1 }, false],
  ])('%s %j → %s', (path, comparison, wanted) => {
    expect(holds(path, comparison)).toBe(wanted);
  });

  it('a text that is no number beside a number → an error that shows it', () => {
    expect(() => holds('s', { above: 1 })).toThrow('compares x with a number');
  });

  it.each<[Comparison, string]>([
    [{ equals: 'x' as JsonValue }, 'is "x"'],
    [{ exists: false }, 'does not exist'],
    [{}, 'is true'],
  ])('%j in words → %s', (comparison, said) => {
    expect(describeCondition({ value: output('a'), ...comparison })).toContain(said);
  });
});
