// Runs in the workflow sandbox: a step as it is for one item of its list.
import { bindArg } from '../common/bind-item.ts';
import type { JsonValue } from '../common/json.ts';
import type { PlanStep } from '../common/plan.ts';

/** The step with the item in its arguments. @throws UnresolvedReference where the item lacks a value */
export function withItem(step: PlanStep, item: JsonValue): PlanStep {
  const bind = (args: PlanStep['args']): PlanStep['args'] =>
    Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, bindArg(arg, item)]));
  const { fallback } = step;
  return {
    ...step,
    args: bind(step.args),
    ...(fallback === undefined ? {} : { fallback: { ...fallback, args: bind(fallback.args) } }),
  };
}
