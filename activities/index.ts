/**
 * The activities, bound to the services that they use. The keys are the activity types in
 * histories: never rename one.
 */
import { createCallTool } from './call-tool.ts';
import { createCheckPlan } from './check-plan.ts';
import { createPlanGoal } from './plan-goal.ts';
import type { BatchActivities } from './run-batch.ts';
import { createBatchActivities } from './run-batch.ts';

export interface ActivityDeps {
  readonly tools: Parameters<typeof createCallTool>[0]['tools'];
  readonly planner: Parameters<typeof createPlanGoal>[0]['planner'];
  readonly plans: Parameters<typeof createCheckPlan>[0]['plans'];
  readonly batches: Parameters<typeof createBatchActivities>[0]['batches'];
}

export function createActivities(deps: ActivityDeps) {
  const core = {
    callTool: createCallTool(deps),
    checkPlan: createCheckPlan(deps),
    planGoal: createPlanGoal(deps),
  };
  return { ...core, ...createBatchActivities(deps) };
}

/** The activities of runs; those of batches are in `BatchActivities`. */
export type Activities = Omit<ReturnType<typeof createActivities>, keyof BatchActivities>;

/** What a worker gets: without the activities of batches it serves runs only. */
export type WorkerActivities = Activities & Partial<BatchActivities>;
