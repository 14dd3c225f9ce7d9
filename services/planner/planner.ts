import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { LiveWriter } from '../streams/live-writer.ts';

/** Decides the next thing to do in a run: a plan, an answer, or what it lacks. */
export interface Planner {
  /**
   * The same input gives the same new conversation head, so that a repeated attempt does not fork
   * the transcript. Throws `ServiceError` (`Plan.Invalid`, `Llm.*`, `Unavailable`); a cancelled
   * signal is thrown on as it is.
   *
   * @param live gets what the planner writes while it does. @default nobody
   */
  decide(input: PlanGoalInput, signal: AbortSignal, live?: LiveWriter): Promise<PlanGoalResult>;
}
