import type { PlanGoalInput, PlanGoalResult } from '../common/agent.ts';
import type { Planner } from '../services/planner/planner.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import type { KnownAnswers } from '../services/tools/known-answers.ts';
import { liveWriterOf } from './live-writer-of.ts';
import { runActivity } from './run-activity.ts';

export function createPlanGoal(deps: {
  readonly planner: Planner;
  /** Answers that make calls needless. @default none */
  readonly known?: KnownAnswers;
  /** Gets what the planner writes, while it does. @default nobody */
  readonly live?: Pick<LiveStreams, 'publish'>;
}) {
  return function planGoal(input: PlanGoalInput): Promise<PlanGoalResult> {
    return runActivity(async (signal) => {
      const writer = liveWriterOf(deps.live, input.tenant.tenantId, `turn:${input.turn}`);
      try {
        const decided = await deps.planner.decide(input, signal, writer ?? undefined);
        if (decided.kind !== 'plan' || deps.known === undefined) return decided;
        return { ...decided, plan: await deps.known.fill(input.tenant, decided.plan) };
      } finally {
        writer?.end();
      }
    });
  };
}
