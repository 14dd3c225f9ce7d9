// Runs in the workflow sandbox: how a step ends that was a run of its own.
import type { JsonObject } from '../common/json.ts';
import { keepLarge } from './keep-large.ts';
import type { ChildOf } from './run-child.ts';
import type { StepEnd } from './run-step.ts';

const MAX_INLINE_CHARS = 32_768;

export async function childDone(
  { run }: ChildOf,
  structured: JsonObject,
  text: string,
): Promise<StepEnd> {
  const result = await keepLarge(
    run,
    { isError: false, content: [{ kind: 'text', text }], structured, artifact: null },
    MAX_INLINE_CHARS,
  );
  return { result, problem: null, stopped: false };
}

export function childFailed(problem: string): StepEnd {
  return { result: null, problem, stopped: false };
}

/** Where what all share is used up, the run above ends at the same limit. */
export function childOutOfBudget({ run }: ChildOf, problem: string): StepEnd {
  return { ...childFailed(problem), limit: run.budget.usedUp() };
}
