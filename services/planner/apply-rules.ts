import type { Plan, PlanStep, StepFallback } from '../../common/plan.ts';
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
  {
    usedTools = [],
    toolsBeside = [],
  }: {
    /** By earlier plans of the run. @default none */
    readonly usedTools?: readonly ToolId[];
    /** At the same time, in no known order. @default none */
    readonly toolsBeside?: readonly ToolId[];
  } = {},
): { readonly plan: Plan } | { readonly problems: readonly PlanProblem[] } {
  if (rules.length === 0) return { plan };
  const broken = variantsOf(plan).flatMap((each) =>
    brokenRules(each, rules, usedTools, toolsBeside),
  );
  const problems = [...new Map(broken.map((one) => [one.message, one])).values()].map(
    ({ step, field, message }): PlanProblem => ({ kind: 'broken-rule', step, field, message }),
  );
  if (problems.length > 0) return { problems };
  const edges = ruleEdges(plan, rules);
  const steps = plan.steps.map((step) => {
    const added = edges.filter(({ to }) => to === step.id).map(({ from }) => from);
    const ask = needsApproval(rules, step.tool);
    const fallback = askedFallback(step, rules);
    if (added.length === 0 && ask === null && fallback === step.fallback) return step;
    const after = [...step.after, ...added];
    return {
      ...step,
      after,
      ...(ask === null ? {} : { approval: `${ask.name}: ${ask.reason}` }),
      ...(fallback === undefined ? {} : { fallback }),
    };
  });
  return { plan: { steps } };
}

/** The plan, and the plan as it would be with each of its fallbacks. */
function variantsOf(plan: Plan): readonly Plan[] {
  const others = plan.steps.flatMap((step): Plan[] => {
    if (step.fallback === undefined) return [];
    const { tool, args } = step.fallback;
    return [{ steps: plan.steps.map((each) => (each === step ? { ...step, tool, args } : each)) }];
  });
  return [plan, ...others];
}

function askedFallback(
  { fallback }: PlanStep,
  rules: readonly CompositionRule[],
): StepFallback | undefined {
  const ask = fallback === undefined ? null : needsApproval(rules, fallback.tool);
  if (fallback === undefined || ask === null) return fallback;
  return { ...fallback, approval: `${ask.name}: ${ask.reason}` };
}
