import { z } from 'zod';
import { limitsSchema } from '../../client/limits.ts';

export const batchId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'is no batch id')
  .meta({ description: 'As returned by the start of the batch.' });

const ITEM_STATE = ['waiting', 'done', 'failed', 'cancelled'] as const;
const STATE = ['collecting', 'running', 'completed', 'partial', 'failed', 'cancelled'] as const;

export const listBatchesSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(20),
});

export const resultsQuerySchema = z.strictObject({ state: z.enum(ITEM_STATE).optional() });

export const batchLinksSchema = z.object({
  self: z.string(),
  items: z.string().meta({ description: 'PUT the file here, where no url was given.' }),
  results: z.string(),
  temporalUi: z.string().nullable(),
});
export type BatchLinks = z.output<typeof batchLinksSchema>;

export const batchStartedSchema = z.object({
  batchId: z.string(),
  state: z.enum(STATE),
  links: batchLinksSchema,
});

const fields = {
  batchId: z.string(),
  agent: z.string(),
  summary: z.string(),
  state: z.enum(STATE).meta({
    description:
      '`collecting`: it waits for its items. `partial`: some items failed, the others are done.',
  }),
  mode: z.enum(['light', 'runs']).nullable(),
  total: z.number().nullable(),
  round: z.number(),
  reason: z.string().nullable(),
  createdAtMs: z.number(),
  endedAtMs: z.number().nullable(),
};

export const batchSummarySchema = z.object(fields);

export const batchSchema = z
  .object({
    ...fields,
    counts: z.object({
      waiting: z.number(),
      done: z.number(),
      failed: z.number(),
      cancelled: z.number(),
    }),
    problems: z.array(
      z.object({
        type: z.string(),
        items: z.number(),
        firstIndex: z.number(),
        example: z.string(),
      }),
    ),
    concurrency: z.number(),
    ratePerSecond: z.number().nullable(),
    limits: limitsSchema,
    links: batchLinksSchema,
  })
  .meta({ id: 'Batch' });
