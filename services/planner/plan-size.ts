import type { JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import type { PlanProblem } from './plan-problem.ts';

/** Plans inside of plans, the outermost included. */
export const MAX_PLAN_DEPTH = 5;

/** Lists and objects inside of each other, anywhere in a plan. */
const MAX_NESTING = 100;

/** A value that goes deeper would end whoever reads it; `null`: this one does not. */
export function checkNesting(plan: unknown): PlanProblem | null {
  let level: readonly unknown[] = [plan];
  for (let depth = 0; depth <= MAX_NESTING; depth += 1) {
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) return null;
  }
  const text = `holds values more than ${MAX_NESTING} deep inside of each other, and may not`;
  return { kind: 'too-deep', step: null, field: 'steps', message: `plan: ${text}` };
}

/** Whether a plan has steps, and not too many of them or too deep. */
export function checkSize(written: WrittenPlan, maxSteps: number): PlanProblem | null {
  const whole = { step: null, field: 'steps' } as const;
  if (written.steps.length === 0) {
    return { kind: 'empty', ...whole, message: 'plan: has no steps; write at least one' };
  }
  const { steps: count, depth } = sizeOf(written as unknown as JsonValue);
  if (depth > MAX_PLAN_DEPTH) {
    const text = `has plans ${depth} deep and may have ${MAX_PLAN_DEPTH}; write some steps further out`;
    return { kind: 'too-deep', ...whole, message: `plan: ${text}` };
  }
  if (count <= maxSteps) return null;
  const all = count === written.steps.length ? '' : ' with those of its sub-plans';
  const message = `plan: has ${count} steps${all} and may have ${maxSteps}; leave out or merge some`;
  return { kind: 'too-many-steps', ...whole, message };
}

/** Of what has not been checked yet: whatever looks like a plan counts as one. */
function sizeOf(plan: JsonValue): { readonly steps: number; readonly depth: number } {
  let steps = 0;
  let depth = 0;
  for (let level: readonly JsonValue[] = [plan]; level.length > 0; depth += 1) {
    const inside = level.flatMap((each) => stepsOf(each));
    steps += inside.length;
    level = inside.flatMap((step) =>
      isJsonObject(step) && isJsonObject(step['plan']) ? [step['plan']] : [],
    );
  }
  return { steps, depth };
}

function stepsOf(plan: JsonValue): readonly JsonValue[] {
  const steps = isJsonObject(plan) ? plan['steps'] : null;
  return Array.isArray(steps) ? (steps as readonly JsonValue[]) : [];
}
