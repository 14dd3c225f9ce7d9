import type { PlanGoalInput, PlanGoalResult } from '../common/agent.ts';
import type { Planner } from '../services/planner/planner.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import { liveWriterOf } from './live-writer-of.ts';
import { runActivity } from './run-activity.ts';

export function createPlanGoal(deps: {
  readonly planner: Planner;
  /** Gets what the planner writes, while it does. @default nobody */
  readonly live?: Pick<LiveStreams, 'publish'>;
}) {
  return function planGoal(input: PlanGoalInput): Promise<PlanGoalResult> {
    return runActivity(async (signal) => {
      const writer = liveWriterOf(deps.live, input.tenant.tenantId, `turn:${input.turn}`);
      try {
        return await deps.planner.decide(input, signal, writer ?? undefined);
      } finally {
        writer?.end();
      }
    });
  };
}
