import type { RunProgress, StepReport } from '../../../../common/agent.ts';
import type { StepId, StepState } from '../../../../common/plan.ts';
import type { ToolId } from '../../../../common/tool.ts';
import { createStyle } from '../../../../client/cli/view/style.ts';

export const PLAIN = createStyle(false);

/** A step that ran from `from` to `to`, ms; without them it waits. */
export function report(
  id: string,
  given: {
    readonly needs?: readonly string[];
    readonly state?: StepState;
    readonly from?: number;
    readonly to?: number;
    readonly problem?: string;
    readonly preview?: string;
  } = {},
): StepReport {
  const { needs = [], from = null, to = null, problem = null, preview = null } = given;
  return {
    id: id as StepId,
    tool: `srv/${id}` as ToolId,
    title: id,
    state: given.state ?? (to !== null ? 'done' : from !== null ? 'running' : 'waiting'),
    needs: needs as readonly StepId[],
    startedAtMs: from,
    endedAtMs: to,
    problem,
    preview,
  };
}

export function progress(
  phase: RunProgress['phase'],
  steps: readonly StepReport[],
  given: Partial<RunProgress> = {},
): RunProgress {
  return { phase, goal: null, planner: null, turn: 0, steps, revision: 1, ...given };
}
