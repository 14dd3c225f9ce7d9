// Proves that a rule of kind needs-approval makes every plan's calls of its tools wait for a person.
import { describe, expect, it } from 'vitest';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import type { ToolId } from '../../../common/tool.ts';
import { applyRules } from '../../../services/planner/apply-rules.ts';
import { plan, step } from '../../support/plans.ts';

const rule: CompositionRule = {
  name: 'ask',
  kind: 'needs-approval',
  tool: '*/delete_*',
  reason: 'it cannot be undone',
};

describe('applyRules', () => {
  it('needs-approval → its steps say why a person is asked, others are as they were', () => {
    const other = step('look');
    const deletes = step('gone', { tool: 'files/delete_all' as ToolId });
    const ruled = applyRules(plan(other, deletes), [rule]);
    if (!('plan' in ruled)) throw new Error(JSON.stringify(ruled.problems));
    expect(ruled.plan.steps[0]).toBe(other);
    expect(ruled.plan.steps[1]).toEqual({ ...deletes, approval: 'ask: it cannot be undone' });
  });
});
