import type { RunProgress, StepReport } from '../../../common/agent.ts';
import { oneLine } from './clean-text.ts';
import { limitWords, pendingLine, plannerName, timeOf } from './progress-lines.ts';
import type { Style } from './style.ts';

/**
 * What happened between two looks at a run, a line each, for output that is not redrawn. Steps that
 * started and ended in between get one line.
 */
export function stepChanges(
  before: RunProgress | null,
  after: RunProgress,
  style: Style,
): readonly string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step.state]));
  const lines = inOrderOfTime(after.steps)
    .filter((step) => known.get(step.id) !== step.state && step.state !== 'waiting')
    .map((step) => stepLine(step, style));
  const held = new Set(before?.steps.flatMap(({ id, waitsFor }) => (waitsFor ? [id] : [])));
  for (const { id, tool, waitsFor } of after.steps) {
    if (waitsFor && !held.has(id))
      lines.push(style.dim(`… ${id}  ${tool}  ${limitWords(waitsFor)}`));
  }
  const asked = new Set(before?.pending?.map(({ id }) => id));
  for (const decision of after.pending ?? []) {
    if (!asked.has(decision.id)) lines.push(pendingLine(decision, style));
  }
  if ((before?.isPaused === true) !== (after.isPaused === true) && after.phase !== 'ended') {
    lines.push(after.isPaused === true ? 'Paused: no further step starts' : 'Resumed');
  }
  if (before?.phase === after.phase && before.turn === after.turn) return lines;
  const isNew = after.steps.filter(({ id }) => !known.has(id)).length;
  switch (after.phase) {
    case 'planning':
      return [...lines, after.turn > 1 ? `Planning, turn ${after.turn}` : 'Planning'];
    case 'running': {
      const by = after.planner === null ? '' : style.dim(`  ${plannerName(after.planner)}`);
      return [`Running ${isNew} ${isNew === 1 ? 'step' : 'steps'}${by}`, ...lines];
    }
    case 'ended':
      return lines;
  }
}

function stepLine(step: StepReport, style: Style): string {
  const { id, tool, state, startedAtMs, endedAtMs, problem } = step;
  const time = endedAtMs === null ? '' : timeOf(step, endedAtMs);
  const how =
    state === 'running' || startedAtMs === null || time === '' ? state : `${state} in ${time}`;
  const why = problem === null ? '' : `: ${oneLine(problem, 300)}`;
  return `${style.mark(state)} ${id}  ${tool}  ${how}${why}`;
}

function inOrderOfTime(steps: readonly StepReport[]): readonly StepReport[] {
  const at = (step: StepReport): number =>
    step.endedAtMs ?? step.startedAtMs ?? Number.POSITIVE_INFINITY;
  return [...steps].sort((a, b) => {
    const [first, second] = [at(a), at(b)];
    return first === second ? 0 : first - second;
  });
}
