import { z } from 'zod';
import type { ContextUse } from '../../common/context-use.ts';
import type { ModelChoice } from '../../common/model-choice.ts';
import { startAgentSchema, startPlanSchema } from '../../client/requests.ts';
import { degradedSchema } from './tool-schema.ts';
import { pendingSchema } from './decision-schema.ts';
import type { RunDetail, RunStatus, RunSummary } from '../../client/index.ts';
import type { AgentResult, RunPlanResult, RunProgress, StepReport } from '../../common/agent.ts';

export const runId = z
  .string()
  // A schedule adds the time of the start, which has colons.
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'is no run id')
  .meta({ description: 'As returned by the start of the run.' });

export const startRunSchema = z
  .strictObject({
    ...startAgentSchema.partial({ goal: true }).shape,
    plan: startPlanSchema.shape.plan.optional(),
  })
  .refine(({ goal, plan }) => (goal === undefined) !== (plan === undefined), {
    message: 'give either "goal" (an agent finds out how) or "plan" (steps to run)',
  })
  .refine(({ plan, conversationId }) => plan === undefined || conversationId === undefined, {
    path: ['conversationId'],
    message: 'a plan has no conversation: it goes with "goal"',
  })
  .meta({ id: 'StartRun' });

const RUN_STATUS = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed-out',
  'continued',
] as const satisfies readonly RunStatus[];

export const listRunsSchema = z.strictObject({
  status: z.enum(RUN_STATUS).optional(),
  agent: startAgentSchema.shape.agent,
  limit: z.coerce.number().int().min(1).max(1000).default(20),
});

const runLinksSchema = z.object({
  self: z.string(),
  events: z.string(),
  temporalUi: z.string().nullable(),
});
export type RunLinks = z.output<typeof runLinksSchema>;

export const runStartedSchema = z.object({
  runId: z.string(),
  workflowId: z.string(),
  links: runLinksSchema,
});

const summaryFields = {
  runId: z.string(),
  workflowId: z.string(),
  kind: z.enum(['agent', 'plan']),
  agent: z.string().nullable(),
  summary: z.string().nullable(),
  status: z.enum(RUN_STATUS),
  outcome: z.string().nullable().meta({ description: 'How an ended run judged itself.' }),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
};
export const runSummarySchema: z.ZodType<RunSummary> = z.object(summaryFields);

const step = z
  .object({
    id: z.string(),
    tool: z.string(),
    title: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped', 'cancelled']),
    needs: z.array(z.string()),
    startedAtMs: z.number().nullable(),
    endedAtMs: z.number().nullable(),
    problem: z.string().nullable(),
    preview: z.string().nullable(),
    degraded: degradedSchema.exactOptional(),
    cached: z
      .literal(true)
      .exactOptional()
      .meta({ description: 'No call was made: the answer was known when the plan was made.' }),
    run: z.string().exactOptional().meta({ description: 'The child run that does the step.' }),
    untilMs: z.number().exactOptional().meta({ description: 'When a wait ends by itself.' }),
    waitsFor: z
      .object({
        scope: z.enum(['server', 'tenant']),
        name: z.string(),
        limit: z.enum(['maxInFlight', 'perMinute']),
        ...{ allowed: z.number().int(), sinceMs: z.number(), calls: z.number().int() },
      })
      .exactOptional()
      .meta({
        description:
          'A limit that calls of the step wait for, how many do, and since when the first does.',
      }),
  })
  .meta({ id: 'Step' }) as unknown as z.ZodType<StepReport>;

const tokens = z.number().int();
const contextUseSchema = z
  .object({
    sent: z.object({ instructions: tokens, tools: tokens, history: tokens, results: tokens }),
    saved: z.object({
      ...{ schemas: tokens, results: tokens, repeats: tokens, history: tokens, tools: tokens },
    }),
    compactions: z.number().int(),
  })
  .meta({
    id: 'ContextUse',
    description: 'Tokens of prompts by section, and those that were spared, by what spared them.',
  }) satisfies z.ZodType<ContextUse>;

const modelChoiceSchema = z
  .object({
    turn: z.number().int(),
    preset: z.string(),
    attempts: z.array(
      z.object({
        route: z.string().meta({ description: '`provider/model`.' }),
        outcome: z
          .string()
          .meta({ description: '`ok`, `skipped` (it was not asked), or the failure.' }),
        why: z.string().meta({ description: 'Why it was chosen, passed over or given up.' }),
        durationMs: z.number(),
      }),
    ),
    degraded: z.array(z.string()).exactOptional(),
  })
  .meta({
    id: 'ModelChoice',
    description: 'How one model call of the run found its model; the last attempt served it.',
  }) as unknown as z.ZodType<ModelChoice>;

const progressSchema = z
  .object({
    phase: z.enum(['planning', 'running', 'ended']),
    goal: z.string().nullable(),
    planner: z
      .object({
        kind: z.enum(['offline', 'model']),
        provider: z.string().nullable(),
        model: z.string().nullable(),
      })
      .nullable(),
    turn: z.number(),
    steps: z.array(step),
    revision: z.number(),
    isPaused: z.boolean().optional(),
    pending: z.array(pendingSchema).optional(),
    context: contextUseSchema.exactOptional(),
    models: z.array(modelChoiceSchema).exactOptional(),
  })
  .meta({ id: 'Progress' }) as unknown as z.ZodType<RunProgress>;

/** Described by its shared part; what an outcome brings besides is in the description. */
const result = z
  .looseObject({
    outcome: z.string(),
    steps: z.array(step),
    models: z.array(modelChoiceSchema).exactOptional(),
  })
  .meta({
    id: 'Result',
    description:
      'Of an agent: `outcome` is answered (with `answer`), needs-input (`question`), out-of-budget (`limit`), failed or cancelled (`reason`); also `planner`, `turns`, `toolCalls`, `usage`, `context`, and in `models` how its latest 20 model calls found their models. ' +
      'Of a plan: `outcome` is completed, partial, failed, out-of-budget or cancelled, with `reason`, `results` by step and `wallMs`.',
  }) as unknown as z.ZodType<AgentResult | RunPlanResult>;

export const runDetailSchema = z
  .object({
    ...summaryFields,
    progress: progressSchema.nullable(),
    result: result.nullable(),
    failure: z.string().nullable(),
    links: runLinksSchema,
  })
  .meta({ id: 'Run' }) satisfies z.ZodType<RunDetail>;
