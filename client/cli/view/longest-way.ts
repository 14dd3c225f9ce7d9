import type { StepReport } from '../../../common/agent.ts';
import { criticalPath } from '../../../common/critical-path.ts';
import { formatDuration } from './format-duration.ts';

/** The steps that decided when a run ended, with what each took; none where there was one at most. */
export function longestWayLines(steps: readonly StepReport[]): readonly string[] {
  const timed = steps.flatMap(({ id, needs, startedAtMs, endedAtMs }) =>
    startedAtMs === null || endedAtMs === null ? [] : [{ id, needs, ms: endedAtMs - startedAtMs }],
  );
  const took = new Map(timed.map(({ id, ms }) => [id as string, ms]));
  const way = criticalPath(timed);
  if (way.steps.length < 2) return [];
  const named = way.steps.map((id) => `${id} (${formatDuration(took.get(id) ?? 0)})`);
  return [`Longest way  ${named.join(' → ')}, ${formatDuration(way.ms)} in all`];
}
