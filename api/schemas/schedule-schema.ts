import { z } from 'zod';
import type { ScheduleSummaryView, ScheduleView } from '../../client/index.ts';
import { OVERLAP } from '../../client/schedule-request.ts';

const summaryFields = {
  scheduleId: z.string(),
  kind: z.enum(['agent', 'plan', 'batch']),
  agent: z.string(),
  summary: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  paused: z.boolean(),
  note: z.string().nullable(),
  nextAtMs: z.array(z.number()).meta({ description: 'The next starts, at most ten.' }),
  recent: z.array(
    z.object({
      id: z.string().meta({ description: 'Of the run, or of the batch.' }),
      dueAtMs: z.number(),
      startedAtMs: z.number(),
    }),
  ),
};

export const scheduleSummarySchema = z.object(
  summaryFields,
) as unknown as z.ZodType<ScheduleSummaryView>;

export const scheduleSchema = z
  .object({
    ...summaryFields,
    overlap: z.enum(OVERLAP),
    jitterMs: z.number(),
    catchupWindowMs: z.number(),
    startsMade: z.number(),
    startsMissed: z.number(),
    startsSkipped: z.number(),
    running: z.array(z.string()),
  })
  .meta({ id: 'Schedule' }) as unknown as z.ZodType<ScheduleView>;
