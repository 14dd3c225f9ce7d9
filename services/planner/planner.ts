import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';

/** Decides the next thing to do in a run: a plan, an answer, or what it lacks. */
export interface Planner {
  /**
   * The same input gives the same new conversation head, so that a repeated attempt does not fork
   * the transcript. Throws `ServiceError` (`Plan.Invalid`, `Llm.*`, `Unavailable`); a cancelled
   * signal is thrown on as it is.
   */
  decide(input: PlanGoalInput, signal: AbortSignal): Promise<PlanGoalResult>;
}
