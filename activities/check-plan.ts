import type { Plan } from '../common/plan.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { WrittenPlan } from '../common/written-plan.ts';
import type { PlanChecker } from '../services/planner/plan-checker.ts';
import type { KnownAnswers } from '../services/tools/known-answers.ts';
import { runActivity } from './run-activity.ts';

export interface CheckPlanInput {
  readonly tenant: TenantContext;
  readonly plan: WrittenPlan;
}

/** @throws Plan.Invalid with every problem of the plan. */
export function createCheckPlan(deps: {
  readonly plans: PlanChecker;
  /** Answers that make calls needless. @default none */
  readonly known?: KnownAnswers;
}) {
  return function checkPlan({ tenant, plan }: CheckPlanInput): Promise<Plan> {
    return runActivity(async () => {
      const checked = await deps.plans.check(tenant.tenantId, plan);
      return deps.known === undefined ? checked : deps.known.fill(tenant, checked);
    });
  };
}
