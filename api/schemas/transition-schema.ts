import { z } from 'zod';
import { BREAKER_PHASES } from '../../common/breaker-phase.ts';
import type { TransitionRow } from '../../services/breaker/history/transition-rows.ts';

export const phaseSchema = z.enum(BREAKER_PHASES).meta({
  description:
    '`deconstructed`: lets part of the calls through. `probing`: open, and one call tries it. `isolated`: held by an operator.',
});

export const transitionSchema = z
  .object({
    kind: z.enum(['provider', 'mcp', 'tool']),
    name: z.string(),
    atMs: z.number(),
    from: phaseSchema,
    to: phaseSchema,
    reason: z.string().meta({ description: "What was seen, or the operator's reason." }),
    by: z.string().nullable().meta({ description: 'The operator; null: the law did it.' }),
    isDryRun: z.boolean(),
    process: z.string().nullable().meta({
      description: 'The process that judged alone, without Redis; null: all together did.',
    }),
  })
  .meta({ id: 'BreakerTransition' });

/** Probes are told from the rest by their phases alone. */
export function transitionAnswer({
  tenantId: _tenant,
  isProbe: _probe,
  ...row
}: TransitionRow): z.output<typeof transitionSchema> {
  return row;
}

/** How far back a history goes, and how long it may be. */
export const historyQuery = z.strictObject({
  hours: z.coerce.number().min(1).max(744).default(24),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
