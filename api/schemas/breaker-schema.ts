import { z } from 'zod';
import type { BreakerReport, BreakerTarget } from '../../services/breaker/breakers.ts';
import {
  BREAKER_MODES,
  BREAKER_PRESETS,
  overridesSchema,
} from '../../services/breaker/settings/breaker-overrides.ts';
import type { StoredOverrides } from '../../services/breaker/settings/breaker-settings.ts';
import { phaseSchema } from './transition-schema.ts';

const firstMax = z.object({ first: z.number(), max: z.number() });

const settingsSchema = z.object({
  preset: z.enum(BREAKER_PRESETS),
  mode: z.enum(BREAKER_MODES).meta({
    description: '`dry-run`: it decides and counts, and lets every call through.',
  }),
  staleMs: z.number().nullable().meta({
    description: "How long a reading tool's last result may stand in; null: never.",
  }),
  windowMs: z.number(),
  minCalls: z.number(),
  threshold: z.number(),
  tripCalls: z.number(),
  tripRun: z.number(),
  successTarget: z.number(),
  maxShed: z.number(),
  probes: firstMax,
  probeTtlMs: z.number(),
  openMs: firstMax,
  rampMs: z.number(),
  slowMs: z.number().nullable(),
});

export const breakerSchema = z
  .object({
    kind: z.enum(['provider', 'mcp', 'tool']),
    name: z.string(),
    state: z.enum(['closed', 'deconstructed', 'open', 'recovering']),
    phase: phaseSchema,
    admit: z.number().meta({ description: 'Share of calls let through, 0 to 1.' }),
    retryAtMs: z.number().nullable().meta({ description: 'When an open one may be probed.' }),
    trips: z.number(),
    reason: z.string().meta({ description: 'Why it opened last.' }),
    heldBy: z.string().nullable().meta({ description: 'The operator who isolated it.' }),
    diverted: z.number().meta({
      description: 'Calls sent another way of late, or that would have been in a dry run.',
    }),
    settings: settingsSchema,
    changed: z
      .object({ overrides: overridesSchema, updatedBy: z.string(), updatedAtMs: z.number() })
      .nullable()
      .meta({ description: 'What an operator has set of this breaker.' }),
  })
  .meta({ id: 'Breaker' });

export type BreakerAnswer = z.output<typeof breakerSchema>;

export function breakerAnswer(
  { kind, name }: BreakerTarget,
  { state, settings, ...report }: BreakerReport,
  changed: StoredOverrides | null,
): BreakerAnswer {
  const { policy, ...said } = settings;
  return {
    kind,
    name,
    state: state.kind,
    admit: state.kind === 'closed' ? 1 : state.kind === 'open' ? 0 : state.admit,
    retryAtMs: state.kind === 'open' ? state.retryAtMs : null,
    ...report,
    settings: {
      ...said,
      ...settingsSchema.omit({ preset: true, mode: true, staleMs: true }).parse(policy),
    },
    changed,
  };
}
