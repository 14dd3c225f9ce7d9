import type { PlanGoalInput, PlanGoalResult } from '../common/agent.ts';
import type { Planner } from '../services/planner/planner.ts';
import { runActivity } from './run-activity.ts';

export function createPlanGoal(deps: { readonly planner: Planner }) {
  return function planGoal(input: PlanGoalInput): Promise<PlanGoalResult> {
    return runActivity((signal) => deps.planner.decide(input, signal));
  };
}
