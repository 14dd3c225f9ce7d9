import { z } from 'zod';
import type { JsonObject } from '../common/json.ts';
import type { WrittenPlan, WrittenStep } from '../common/written-plan.ts';

const json = z.json() as z.ZodType<JsonObject[string]>;
const args = z.record(z.string(), json);
const sideCall = z.strictObject({ tool: z.string(), args: args.exactOptional() });

const condition = z.strictObject({
  value: json,
  equals: json.exactOptional(),
  notEquals: json.exactOptional(),
  above: z.number().exactOptional(),
  below: z.number().exactOptional(),
  exists: z.boolean().exactOptional(),
});

const wait = z
  .strictObject({
    seconds: z.union([z.number().min(0), z.string()]).exactOptional(),
    until: z.string().exactOptional(),
    signal: z.string().exactOptional(),
  })
  .meta({ description: 'One of them: seconds, a time with its zone, or the name of a signal.' });

const agent = z.strictObject({
  goal: z.string().min(1).max(20_000),
  maxTurns: z.int().min(1).max(10_000).exactOptional(),
  maxToolCalls: z.int().min(1).max(10_000).exactOptional(),
  maxTokens: z.int().min(1).max(1_000_000_000).exactOptional(),
  maxCostUsd: z.number().min(0.000_001).max(100_000).exactOptional(),
});

const stepFields = z.strictObject({
  id: z.string(),
  tool: z
    .string()
    .exactOptional()
    .meta({ description: 'One of tool, waitFor, plan and agent says what the step does.' }),
  args: args.exactOptional(),
  waitFor: wait.exactOptional(),
  // Checked with the plan that it is in: a schema that holds itself has no end.
  plan: (args as unknown as z.ZodType<WrittenPlan>)
    .exactOptional()
    .meta({ description: 'A plan as this one; its steps refer to args as ${args.name}.' }),
  agent: agent.exactOptional(),
  after: z.array(z.string()).exactOptional(),
  onFailure: z.enum(['abort', 'skip-dependents']).exactOptional(),
  title: z.string().exactOptional(),
  timeoutMs: z.int().min(1).exactOptional(),
  when: condition.exactOptional(),
  forEach: z
    .strictObject({ items: json, maxParallel: z.int().min(1).max(100).exactOptional() })
    .exactOptional(),
  maxAttempts: z.int().min(1).max(1_000).exactOptional(),
  optional: z.boolean().exactOptional(),
  undo: sideCall.exactOptional(),
  fallback: sideCall.exactOptional(),
});

const WORK = ['tool', 'waitFor', 'plan', 'agent'] as const;

const step = stepFields.refine(
  (given) => WORK.filter((field) => given[field] !== undefined).length === 1,
  { path: ['tool'], message: 'is missing: a step has one of tool, waitFor, plan and agent' },
);

/** What a step does, in a word: its tool, or the kind of what it does instead. */
export function workOf({ tool, waitFor, agent: asked }: WrittenStep): string {
  if (tool !== undefined) return tool;
  if (waitFor !== undefined) return waitFor.signal === undefined ? 'wait' : 'signal';
  return asked === undefined ? 'plan' : 'agent';
}

/** What a plan looks like; whether it can run is for the engine's check to say. */
export const writtenPlanSchema = z.strictObject({
  steps: z
    .array(step)
    .min(1, 'is empty: a plan has at least one step')
    .max(500, 'has more than 500 steps: split the plan'),
  order: z.enum(['free', 'written']).exactOptional(),
  returns: z.array(z.string()).max(500).exactOptional(),
}) satisfies z.ZodType<WrittenPlan>;
