import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import { SIGNAL_NAME_PATTERN } from '../../common/signal-name.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import { didYouMean } from './nearest-names.ts';
import type { PlanProblem, PlanProblemKind } from './plan-problem.ts';
import { shown } from './plan-problem.ts';

export const STEP_ID_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** The longest that a run may take. */
const MAX_WAIT_S = 7 * 24 * 60 * 60;
const WORK = ['tool', 'waitFor', 'plan', 'agent'] as const;
/** What only a call of a tool can have. */
const OF_TOOLS = ['maxAttempts', 'fallback'] as const;
const OF_CALLS = ['args', 'forEach', 'undo'] as const;

const sideCall = z.strictObject({
  tool: z.string().min(1),
  args: z.record(z.string(), z.json()).optional(),
});

const stepFields = z.strictObject({
  id: z.string(),
  tool: z.string().min(1).optional(),
  waitFor: z
    .strictObject({
      seconds: z.union([z.number().min(0).max(MAX_WAIT_S), z.string()]).optional(),
      until: z.string().optional(),
      signal: z
        .string()
        .regex(new RegExp(SIGNAL_NAME_PATTERN), {
          message: 'a signal is called by 1 to 64 letters, digits, ".", "_" and "-"',
        })
        .optional(),
    })
    .refine((wait) => Object.keys(wait).length === 1, {
      message: 'takes one of "seconds", "until" and "signal"',
    })
    .optional(),
  // Checked as a plan of its own.
  plan: z.record(z.string(), z.json()).optional(),
  agent: z
    .strictObject({
      goal: z.string().trim().min(1).max(20_000),
      maxTurns: z.int().min(1).max(10_000).optional(),
      maxToolCalls: z.int().min(1).max(10_000).optional(),
      maxTokens: z.int().min(1).max(1_000_000_000).optional(),
      maxCostUsd: z.number().min(0.000_001).max(100_000).optional(),
    })
    .optional(),
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
  undo: sideCall.optional(),
  fallback: sideCall.optional(),
});
const writtenStep = stepFields.superRefine((step, context) => {
  const refuse = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
  const work = WORK.filter((field) => step[field] !== undefined);
  if (work.length !== 1) {
    refuse(
      work.length === 0 ? 'tool' : '',
      'a step has one of "tool", "waitFor", "plan" and "agent"',
    );
  }
  const isCall = step.tool !== undefined;
  for (const field of isCall ? [] : OF_TOOLS) {
    if (step[field] !== undefined) refuse(field, 'is for a step that calls a tool');
  }
  const isPlain = step.waitFor !== undefined;
  for (const field of isPlain ? OF_CALLS : []) {
    if (step[field] !== undefined) refuse(field, 'is not for a step that waits');
  }
  if (step.agent !== undefined && step.args !== undefined) {
    refuse('args', 'is not for an agent: write what it should know into its goal');
  }
});
const writtenPlan = z.strictObject({
  steps: z.array(writtenStep),
  order: z.enum(['free', 'written']).optional(),
  returns: z.array(z.string()).optional(),
});

const FIELDS = {
  plan: Object.keys(writtenPlan.shape),
  step: Object.keys(stepFields.shape),
};

/** Reads a plan as people and models write it. Nothing is ignored: an unknown field is a problem. */
export function parseWrittenPlan(
  value: unknown,
): { readonly written: WrittenPlan } | { readonly problems: readonly PlanProblem[] } {
  const parsed = writtenPlan.safeParse(value);
  if (parsed.success) return { written: parsed.data as unknown as WrittenPlan };
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
