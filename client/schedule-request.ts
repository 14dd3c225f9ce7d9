import { z } from 'zod';
import { cronProblem, isTimeZone } from './check-cron.ts';
import { batchShape } from './batch-request.ts';
import { plainName } from './plain-name.ts';
import { startAgentSchema, startPlanSchema } from './requests.ts';

/** What happens when a start falls due while the one before still goes on. */
export const OVERLAP = [
  'skip',
  'buffer-one',
  'buffer-all',
  'cancel-other',
  'terminate-other',
  'allow-all',
] as const;
export type Overlap = (typeof OVERLAP)[number];

const cron = z.string().superRefine((line, context) => {
  const problem = cronProblem(line);
  if (problem !== null)
    context.addIssue({ code: 'custom', message: `${JSON.stringify(line)} ${problem}` });
});

const timeZone = z.string().superRefine((name, context) => {
  if (isTimeZone(name)) return;
  const message = `${JSON.stringify(name)} is no IANA time zone; give one such as "Europe/Berlin" or "UTC"`;
  context.addIssue({ code: 'custom', message });
});

const timing = {
  /** Names the schedule. */
  scheduleId: plainName,
  /** `minute hour day month weekday`, or `@daily` and the like. */
  cron,
  /** IANA name. @default 'UTC' */
  timeZone: timeZone.optional(),
  /** @default 'skip' */
  overlap: z.enum(OVERLAP).optional(),
  /** Each start is put off by up to this, ms, so that not all come at once. @default 0 */
  jitterMs: z
    .int()
    .min(0)
    .max(24 * 3_600_000)
    .optional(),
  /** Starts missed while Temporal was away are made up for if they are no older, ms. @default a year */
  catchupWindowMs: z
    .int()
    .min(10_000)
    .max(366 * 24 * 3_600_000)
    .optional(),
  /** Whether it waits to be resumed. @default false */
  paused: z.boolean().optional(),
  /** Shown beside it. */
  note: z.string().max(500).optional(),
};

const work = {
  /** An agent; each run is a conversation of its own. */
  run: startAgentSchema.omit({ runId: true, conversationId: true, headVersion: true }).optional(),
  /** A plan, checked at each start. */
  plan: startPlanSchema.omit({ runId: true }).optional(),
  /** A batch, whose file is read anew at each start. */
  batch: z
    .strictObject({ ...batchShape, url: batchShape.url.unwrap() })
    .refine(({ goal, plan }) => (goal === undefined) !== (plan === undefined), {
      message: 'takes either "goal" or "plan"',
    })
    .optional(),
};

export const scheduleRequestSchema = z
  .strictObject({ ...timing, ...work })
  .refine(({ run, plan, batch }) => [run, plan, batch].filter(Boolean).length === 1, {
    message: 'give one of "run" (an agent), "plan" and "batch"',
  });
export type ScheduleRequest = z.input<typeof scheduleRequestSchema>;
export type ParsedSchedule = z.output<typeof scheduleRequestSchema>;

const time = z.iso.datetime({
  offset: true,
  error: ({ input }) =>
    `must be a time such as "2026-11-01T00:00:00Z" (received ${JSON.stringify(input) ?? 'nothing'})`,
});

export const backfillSchema = z
  .strictObject({
    /** ISO 8601, with a zone. */
    from: time,
    to: time,
    /** @default 'buffer-all' */
    overlap: z.enum(OVERLAP).optional(),
  })
  // What is no time has been said already.
  .refine(({ from, to }) => !(Date.parse(from) >= Date.parse(to)), {
    path: ['to'],
    message: 'must be after "from"',
  });
export type BackfillRequest = z.input<typeof backfillSchema>;
