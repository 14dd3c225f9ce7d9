import type { Plan } from '../../common/plan.ts';
import { brokenRules } from '../../common/rules/broken-rules.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { needsApproval } from '../../common/rules/needs-approval.ts';
import { ruleEdges } from '../../common/rules/rule-edges.ts';
import type { ToolId } from '../../common/tool.ts';
import type { PlanProblem } from './plan-problem.ts';

/**
 * The plan with the order that the tenant's rules ask for and the calls that they let a person
 * decide, or what they refuse in it.
 *
 * @param plan free of cycles and of unknown steps
 */
export function applyRules(
  plan: Plan,
  rules: readonly CompositionRule[],
  usedTools: readonly ToolId[],
): { readonly plan: Plan } | { readonly problems: readonly PlanProblem[] } {
  if (rules.length === 0) return { plan };
  const problems = brokenRules(plan, rules, usedTools).map(
    ({ step, field, message }): PlanProblem => ({ kind: 'broken-rule', step, field, message }),
  );
  if (problems.length > 0) return { problems };
  const edges = ruleEdges(plan, rules);
  const steps = plan.steps.map((step) => {
    const added = edges.filter(({ to }) => to === step.id).map(({ from }) => from);
    const ask = needsApproval(rules, step.tool);
    if (added.length === 0 && ask === null) return step;
    const after = [...step.after, ...added];
    return { ...step, after, ...(ask === null ? {} : { approval: `${ask.name}: ${ask.reason}` }) };
  });
  return { plan: { steps } };
}
