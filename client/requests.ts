import { z } from 'zod';
import type { WrittenPlan } from '../common/written-plan.ts';
import { ClientError } from './client-error.ts';
import { limitsSchema } from './limits.ts';
import { plainIssue } from '../common/plain-issue.ts';
import { plainName } from './plain-name.ts';
import { policySchema } from './policy.ts';
import { writtenPlanSchema } from './written-plan-schema.ts';

const common = {
  /** Name of the agent, for lists and search. */
  agent: plainName.optional(),
  /** Chosen by the caller to make a start repeatable: the same id is the same run. */
  runId: plainName.optional(),
  limits: limitsSchema.partial().optional(),
  /** Short reads as local activities; see `AgentInput`. @default false */
  fastReads: z.boolean().optional(),
  /** What people have a say in. */
  policy: policySchema.optional(),
};

export const startAgentSchema = z.strictObject({
  ...common,
  goal: z.string().trim().min(1, 'is empty: say what the agent should do').max(20_000),
  conversationId: plainName.optional(),
  /** Version of the newest message to continue from. */
  headVersion: z.int().min(0).optional(),
});
export type StartAgentRequest = z.input<typeof startAgentSchema>;

export const startPlanSchema = z.strictObject({ ...common, plan: writtenPlanSchema });
export type StartPlanRequest = Omit<z.input<typeof startPlanSchema>, 'plan'> & {
  readonly plan: WrittenPlan;
};

/** @throws ClientError (`bad-input`) naming each field that is wrong. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  request: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(request, { error: plainIssue });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const path = issue.path.length === 0 ? 'request' : issue.path.join('.');
    return `${path} ${issue.message}`;
  });
  throw new ClientError('bad-input', `The request is wrong. ${lines.join('; ')}`);
}
