import type { RunPlanResult } from './agent.ts';

/**
 * The steps of a plan's run that a later round calls anew: those whose tool said no, and those that
 * were undone. Ones of a plan within it are `STEP/ID`.
 */
export function calledAnew({
  results,
  steps,
  anewBelow = [],
}: Pick<RunPlanResult, 'results' | 'steps' | 'anewBelow'>): readonly string[] {
  const refused = Object.entries(results).flatMap(([id, { isError }]) => (isError ? [id] : []));
  const undone = steps.flatMap(({ id, state }) => {
    const of = /^(.+)_undo$/.exec(id)?.[1];
    return of !== undefined && state === 'done' ? [of, id] : [];
  });
  return [...new Set([...refused, ...undone, ...anewBelow])];
}
