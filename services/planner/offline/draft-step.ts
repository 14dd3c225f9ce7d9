import type { JsonObject } from '../../../common/json.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import type { Clause } from './goal/split-goal.ts';

/** A step of the plan in the making. */
export interface DraftStep {
  readonly id: string;
  readonly tool: RegisteredTool;
  readonly clause: Clause;
  /** As in a written plan. */
  readonly args: JsonObject;
  readonly after: readonly string[];
}

/** The steps of the last clause before `clause` that has any. */
export function previousSteps(clause: Clause, earlier: readonly DraftStep[]): readonly DraftStep[] {
  const last = Math.max(
    0,
    ...earlier.map((step) => step.clause.number).filter((n) => n < clause.number),
  );
  return earlier.filter((step) => step.clause.number === last);
}

/** Every text inside the arguments. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
