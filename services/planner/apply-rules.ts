import type { Plan } from '../../common/plan.ts';
import { brokenRules } from '../../common/rules/broken-rules.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { ruleEdges } from '../../common/rules/rule-edges.ts';
import type { ToolId } from '../../common/tool.ts';
import type { PlanProblem } from './plan-problem.ts';

/**
 * The plan with the order that the tenant's rules ask for, or what they refuse in it.
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
    return added.length === 0 ? step : { ...step, after: [...step.after, ...added] };
  });
  return { plan: { steps } };
}
