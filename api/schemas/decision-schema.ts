import { z } from 'zod';
import type { PendingDecision } from '../../common/approval.ts';
import type { UnknownEffect } from '../../services/ledger/effect-ledger.ts';

const EFFECTS = ['read', 'keyed', 'non-idempotent', 'compensable'] as const;

const questionSchema = z.object({
  name: z.string(),
  mode: z.enum(['form', 'url']),
  message: z.string(),
  schema: z.record(z.string(), z.json()).optional().meta({
    description:
      'Of a form: JSON Schema of a flat object of texts, numbers, yes or no, and choices.',
  }),
  url: z.string().optional().meta({ description: 'For the person to open.' }),
});

const fields = {
  id: z.string(),
  kind: z.enum(['approval', 'outcome-unknown', 'question']),
  step: z.string(),
  tool: z.string(),
  title: z.string(),
  effect: z.enum(EFFECTS),
  args: z.record(z.string(), z.json()).nullable().meta({
    description: 'As the server would get them; null where they are too long to show.',
  }),
  reason: z.string().meta({ description: 'Why a person is asked.' }),
  key: z.string().nullable().meta({
    description:
      'Of a call whose end is unknown, to decide on with POST /v1/effects/decide, or that asks something.',
  }),
  questions: z.array(questionSchema).optional().meta({
    description: "What the tool asks, to be answered at once. The words are its server's.",
  }),
  askedAtMs: z.number(),
  expiresAtMs: z.number().meta({ description: 'When it becomes a no by itself.' }),
};

export const pendingSchema = z
  .object(fields)
  .meta({ id: 'PendingDecision' }) as unknown as z.ZodType<PendingDecision>;

export const pendingInRunSchema = z
  .object({ ...fields, runId: z.string() })
  .meta({ id: 'PendingInRun' }) as unknown as z.ZodType<PendingDecision & { runId: string }>;

export const unknownEffectSchema = z
  .object({
    key: z.string(),
    tool: z.string(),
    reason: z.string(),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
  })
  .meta({ id: 'UnknownEffect' }) as unknown as z.ZodType<UnknownEffect>;
