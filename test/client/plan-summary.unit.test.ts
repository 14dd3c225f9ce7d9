// Proves what lists say of a plan. Pure.
import { expect, it } from 'vitest';
import { planSummary } from '../../client/plan-summary.ts';

it('one step → "1 step"; several → their count, and each tool once', () => {
  const step = (id: string, tool: string) => ({ id, tool });
  expect(planSummary({ steps: [step('a', 's/t')] })).toBe('1 step: s/t');
  expect(planSummary({ steps: [step('a', 's/t'), step('b', 's/u'), step('c', 's/t')] })).toBe(
    '3 steps: s/t, s/u',
  );
});

it('steps that call no tool → what they do; many → cut to 200 characters', () => {
  expect(planSummary({ steps: [{ id: 'w', waitFor: { seconds: 1 } }] })).toMatch(/^1 step: \S/);
  const many = Array.from({ length: 100 }, (_, at) => ({ id: `s${at}`, tool: `server/tool${at}` }));
  expect(planSummary({ steps: many })).toHaveLength(200);
});
