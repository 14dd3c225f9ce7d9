import type { RunProgress, StepReport } from '../../../common/agent.ts';
import { oneLine } from './clean-text.ts';
import { phaseLine, timeOf } from './progress-lines.ts';
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
  const lines: string[] = [];
  const isNewPhase = before?.phase !== after.phase || before.turn !== after.turn;
  if (isNewPhase && after.phase !== 'ended') lines.push(phaseLine(after, style));
  for (const step of inOrderOfTime(after.steps)) {
    if (known.get(step.id) === step.state || step.state === 'waiting') continue;
    const what = [step.state, timeOf(step, step.endedAtMs ?? step.startedAtMs ?? 0)];
    const time = step.state === 'running' ? step.state : what.filter(Boolean).join(' in ');
    const problem = step.problem === null ? '' : `: ${oneLine(step.problem, 300)}`;
    lines.push(`${style.mark(step.state)} ${step.id}  ${step.tool}  ${time}${problem}`);
  }
  return lines;
}

function inOrderOfTime(steps: readonly StepReport[]): readonly StepReport[] {
  const at = (step: StepReport): number =>
    step.endedAtMs ?? step.startedAtMs ?? Number.POSITIVE_INFINITY;
  return [...steps].sort((a, b) => {
    const [first, second] = [at(a), at(b)];
    return first === second ? 0 : first - second;
  });
}
