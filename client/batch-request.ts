import { ulid } from 'ulid';
import { z } from 'zod';
import type { BatchSettings, BatchSource, BatchWork } from '../common/batch.ts';
import type { WrittenPlan } from '../common/written-plan.ts';
import { limitsSchema } from './limits.ts';
import { policyOf, policySchema } from './policy.ts';
import { parseRequest, startAgentSchema, startPlanSchema } from './requests.ts';
import { resolveLimits } from './start-run.ts';

export const batchShape = {
  /** Name of the batch, for lists and search. */
  agent: startAgentSchema.shape.agent,
  /** What an agent does for each item; `${item.name}` is a value of the item. */
  goal: startAgentSchema.shape.goal.optional(),
  /** Else the steps that run for each item, with `${item.name}` in their arguments. */
  plan: startPlanSchema.shape.plan.optional(),
  /** Where the items are, one JSON value a line; else they are uploaded. */
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .max(2_048)
    .optional(),
  /** Items in flight at once. @default 20 */
  concurrency: z.int().min(1).max(500).optional(),
  /** Items started a second, at most. @default no limit */
  ratePerSecond: z.number().gt(0).max(10_000).optional(),
  /** `light`: many items an activity; `runs`: a run for each item. @default `light` where it can be */
  mode: z.enum(['light', 'runs']).optional(),
  /** Of each item. */
  limits: limitsSchema.partial().optional(),
  /** What people have a say in; a batch in which calls may wait is a run an item. */
  policy: policySchema.optional(),
};

const batchId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, 'takes 1 to 48 letters, digits, ".", "_" or "-"');

export const batchRequestSchema = z
  .strictObject({
    ...batchShape,
    /** Chosen by the caller to make a start repeatable: the same id is the same batch. */
    batchId: batchId.optional(),
  })
  .refine(({ goal, plan }) => (goal === undefined) !== (plan === undefined), {
    message: 'give either "goal" (an agent for each item) or "plan" (steps for each item)',
  })
  .refine(({ goal, mode }) => goal === undefined || mode !== 'light', {
    path: ['mode'],
    message: '"light" goes with "plan": an agent is always a run',
  });

export type BatchRequest = Omit<z.input<typeof batchRequestSchema>, 'plan'> & {
  readonly plan?: WrittenPlan | undefined;
};

const DEFAULT_CONCURRENCY = 20;

/** What a batch is, from what a caller says. @throws ClientError (`bad-input`) */
export function toBatch(
  connection: Parameters<typeof policyOf>[0],
  request: BatchRequest,
): {
  readonly batchId: string;
  readonly work: BatchWork;
  readonly source: BatchSource;
  readonly settings: BatchSettings;
} {
  const { goal, plan, url, ...given } = parseRequest(batchRequestSchema, request);
  return {
    batchId: given.batchId ?? ulid(),
    work: plan === undefined ? { kind: 'goal', goal: goal ?? '' } : { kind: 'plan', plan },
    source: url === undefined ? { kind: 'stored' } : { kind: 'url', url },
    settings: {
      agent: given.agent ?? 'batch',
      concurrency: given.concurrency ?? DEFAULT_CONCURRENCY,
      ratePerSecond: given.ratePerSecond ?? null,
      mode: given.mode ?? null,
      limits: resolveLimits(given.limits),
      ...policyOf(connection, given.policy),
    },
  };
}
