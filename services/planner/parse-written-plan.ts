import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import { didYouMean } from './nearest-names.ts';
import type { PlanProblem, PlanProblemKind } from './plan-problem.ts';
import { shown } from './plan-problem.ts';

export const STEP_ID_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

const writtenStep = z.strictObject({
  id: z.string(),
  tool: z.string().min(1),
  args: z.record(z.string(), z.json()).optional(),
  after: z.array(z.string()).optional(),
  onFailure: z.enum(['abort', 'skip-dependents']).optional(),
  title: z.string().max(200).optional(),
  timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS).optional(),
  when: z
    .strictObject({
      value: z.json(),
      equals: z.json().optional(),
      notEquals: z.json().optional(),
      above: z.number().optional(),
      below: z.number().optional(),
      exists: z.boolean().optional(),
    })
    .refine((when) => Object.keys(when).length <= 2, { message: 'takes one comparison, not more' })
    .optional(),
  forEach: z
    .strictObject({ items: z.json(), maxParallel: z.int().min(1).max(100).optional() })
    .optional(),
  maxAttempts: z.int().min(1).max(1_000).optional(),
  optional: z.boolean().optional(),
  undo: z
    .strictObject({ tool: z.string().min(1), args: z.record(z.string(), z.json()).optional() })
    .optional(),
});
const writtenPlan = z.strictObject({
  steps: z.array(writtenStep),
  order: z.enum(['free', 'written']).optional(),
  returns: z.array(z.string()).optional(),
});

const FIELDS = {
  plan: Object.keys(writtenPlan.shape),
  step: Object.keys(writtenStep.shape),
};

/** Reads a plan as people and models write it. Nothing is ignored: an unknown field is a problem. */
export function parseWrittenPlan(
  value: unknown,
): { readonly written: WrittenPlan } | { readonly problems: readonly PlanProblem[] } {
  const parsed = writtenPlan.safeParse(value);
  if (parsed.success) return { written: parsed.data as WrittenPlan };
  return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, value)) };
}

function problemsOf(issue: z.core.$ZodIssue, plan: unknown): PlanProblem[] {
  const [top, index, ...inside] = issue.path;
  const isStep = top === 'steps' && typeof index === 'number';
  const step = isStep ? stepName(plan, index) : null;
  const path = isStep ? inside : issue.path;
  if (issue.code === 'unrecognized_keys') {
    const known = isStep ? FIELDS.step : FIELDS.plan;
    return issue.keys.map((key) => {
      const advice = `${didYouMean(key, known)} Known fields: ${known.join(', ')}.`;
      return problem('unknown-field', step, [...path, key], `is not a field.${advice}`);
    });
  }
  const received = shown(valueAtPath(plan, issue.path));
  return [problem('malformed', step, path, `received ${received}: ${lowerFirst(issue.message)}`)];
}

function problem(
  kind: PlanProblemKind,
  step: string | null,
  path: readonly PropertyKey[],
  text: string,
): PlanProblem {
  const field = path.map(String).reduce((all, key) => joinPath(all, key), '');
  const where = step === null ? 'plan' : `step "${step}"`;
  const message = field === '' ? `${where}: ${text}` : `${where}, "${field}": ${text}`;
  return { kind, step, field: field === '' ? null : field, message };
}

function joinPath(all: string, key: string): string {
  if (/^\d+$/.test(key)) return `${all}[${key}]`;
  return all === '' ? key : `${all}.${key}`;
}

/** A step without a usable id goes by its place. */
function stepName(plan: unknown, index: number): string {
  const id = valueAtPath(plan, ['steps', index, 'id']);
  return typeof id === 'string' ? id : `#${index + 1}`;
}

function valueAtPath(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as JsonObject)[String(key)] : undefined,
    value,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
