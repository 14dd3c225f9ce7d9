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
  /**
   * The run was cancelled while this was decided: what was said to the planner stays in the
   * transcript, with a word that it was not answered. Changes nothing where the turn is in it.
   */
  stopped(input: PlanGoalInput): Promise<void>;
}
