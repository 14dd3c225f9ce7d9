/**
 * The activities, bound to the services that they use. The keys are the activity types in
 * histories: never rename one.
 */
import { createCallTool } from './call-tool.ts';
import { createCheckPlan } from './check-plan.ts';
import type { ControlActivities } from './control-activities.ts';
import { createControlActivities } from './control-activities.ts';
import { createPlanGoal } from './plan-goal.ts';
import type { BatchActivities } from './run-batch.ts';
import { createBatchActivities } from './run-batch.ts';

export interface ActivityDeps {
  readonly tools: Parameters<typeof createCallTool>[0]['tools'];
  /** Where activities tell what they do meanwhile. @default nowhere */
  readonly live?: NonNullable<Parameters<typeof createPlanGoal>[0]['live']>;
  /** Answers of reads that need no call. @default none */
  readonly known?: NonNullable<Parameters<typeof createCheckPlan>[0]['known']>;
  readonly planner: Parameters<typeof createPlanGoal>[0]['planner'];
  readonly plans: Parameters<typeof createCheckPlan>[0]['plans'];
  readonly batches: Parameters<typeof createBatchActivities>[0]['batches'];
  readonly arguments: Parameters<typeof createControlActivities>[0]['arguments'];
  readonly results: Parameters<typeof createControlActivities>[0]['results'];
  readonly conversations: Parameters<typeof createControlActivities>[0]['conversations'];
}

export function createActivities(deps: ActivityDeps) {
  const core = {
    callTool: createCallTool(deps),
    checkPlan: createCheckPlan(deps),
    planGoal: createPlanGoal(deps),
  };
  return { ...core, ...createBatchActivities(deps), ...createControlActivities(deps) };
}

type Others = BatchActivities & ControlActivities;

/** The activities that every run needs; those of batches are in `BatchActivities`. */
export type Activities = Omit<ReturnType<typeof createActivities>, keyof Others>;

/** What a worker gets: with the first alone, it serves runs that neither wait nor are batches. */
export type WorkerActivities = Activities & Partial<Others>;
