import type { Plan } from '../common/plan.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { WrittenPlan } from '../common/written-plan.ts';
import type { PlanChecker } from '../services/planner/plan-checker.ts';
import { runActivity } from './run-activity.ts';

export interface CheckPlanInput {
  readonly tenant: TenantContext;
  readonly plan: WrittenPlan;
}

/** @throws Plan.Invalid with every problem of the plan. */
export function createCheckPlan(deps: { readonly plans: PlanChecker }) {
  return function checkPlan(input: CheckPlanInput): Promise<Plan> {
    return runActivity(() => deps.plans.check(input.tenant.tenantId, input.plan));
  };
}
