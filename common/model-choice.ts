import type { LlmRouting } from './llm-routing.ts';

/**
 * How one model call of a run found its model. What could not have served the call at all is only in
 * the history: it is as long as the list of models, and the same for each call.
 */
export type ModelChoice = Omit<LlmRouting, 'excluded'> & {
  /** Of the planner, in which the call was made. */
  readonly turn: number;
};

/** A run keeps so many of its latest choices: they travel with its progress and its result. */
const MAX_CHOICES = 20;
/** Of one call: the latest, which ends with the one that served it. */
const MAX_ATTEMPTS = 20;

/** The latest choices of a run, with those of its turn. */
export function addChoices(
  before: readonly ModelChoice[],
  turn: number,
  routing: readonly LlmRouting[],
): readonly ModelChoice[] {
  const made = routing.map(({ excluded: _excluded, attempts, ...rest }) => ({
    turn,
    ...rest,
    attempts: attempts.slice(-MAX_ATTEMPTS),
  }));
  return [...before, ...made].slice(-MAX_CHOICES);
}
