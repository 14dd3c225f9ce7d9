/**
 * The activities, bound to the services that they use. The keys are the activity types in
 * histories: never rename one.
 */
import { createCallTool } from './call-tool.ts';
import { createCheckPlan } from './check-plan.ts';
import { createPlanGoal } from './plan-goal.ts';

export interface ActivityDeps {
  readonly tools: Parameters<typeof createCallTool>[0]['tools'];
  readonly planner: Parameters<typeof createPlanGoal>[0]['planner'];
  readonly plans: Parameters<typeof createCheckPlan>[0]['plans'];
}

export function createActivities(deps: ActivityDeps) {
  return {
    callTool: createCallTool(deps),
    checkPlan: createCheckPlan(deps),
    planGoal: createPlanGoal(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
