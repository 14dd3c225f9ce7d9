import { z } from 'zod';
import type { BreakerPolicy } from '../../common/breaker.ts';
import { BREAKER_POLICIES } from '../../common/breaker-policies.ts';
import type { BreakerPreset } from '../../common/breaker-policies.ts';

const share = z.number().min(0).max(1);
const ms = z.int().min(1).max(3_600_000);
const seconds = z
  .int()
  .min(1_000)
  .max(600_000)
  .refine((value) => value % 1_000 === 0, 'takes whole seconds, in ms');
const calls = z.int().min(1).max(10_000);

/** The policy's fields, each of which may be left out; the units are those of `BreakerPolicy`. */
const policyFields = z
  .strictObject({
    windowMs: seconds,
    memory: z.strictObject({ windowMs: seconds, calls }),
    minCalls: calls,
    threshold: share,
    tripCalls: calls,
    tripRun: calls,
    successTarget: share.min(0.01).max(0.999),
    doubt: z.strictObject({
      closed: z.number().min(0).max(10),
      recovering: z.number().min(0).max(10),
    }),
    shedGain: z.number().min(0).max(100),
    maxShed: share.max(0.99),
    probes: z.strictObject({ first: z.int().min(1).max(20), max: z.int().min(1).max(20) }),
    probeTtlMs: ms,
    openMs: z.strictObject({ first: ms, max: ms }),
    rampMs: ms,
    slowMs: ms.nullable(),
  })
  .partial();

/** What an operator sets for a target, or for all of a kind. */
export const breakerOverrideSchema = z
  .strictObject({
    preset: z
      .enum(Object.keys(BREAKER_POLICIES) as [BreakerPreset, ...BreakerPreset[]])
      .exactOptional(),
    mode: z.enum(['enforce', 'dry-run']).exactOptional(),
    policy: policyFields.exactOptional(),
  })
  .meta({ id: 'BreakerOverride' });

export type BreakerOverride = z.output<typeof breakerOverrideSchema>;

/** `dry-run`: watches and reports, and lets every call through. */
export type BreakerMode = 'enforce' | 'dry-run';

/**
 * The settings that come of a preset and what was set, the more general first.
 *
 * @throws RangeError where the fields do not fit each other, naming them.
 */
export function resolveOverrides(
  preset: BreakerPreset,
  overrides: readonly BreakerOverride[],
): { readonly preset: BreakerPreset; readonly policy: BreakerPolicy; readonly mode: BreakerMode } {
  const chosen = overrides.reduce((name, each) => each.preset ?? name, preset);
  const mode = overrides.reduce<BreakerMode>((now, each) => each.mode ?? now, 'enforce');
  const policy = overrides.reduce<BreakerPolicy>(
    (sum, { policy: fields }) => ({ ...sum, ...withoutMissing(fields ?? {}) }),
    BREAKER_POLICIES[chosen],
  );
  const problem = policyProblem(policy);
  if (problem !== null) throw new RangeError(problem);
  return { preset: chosen, policy, mode };
}

function withoutMissing(fields: NonNullable<BreakerOverride['policy']>): Partial<BreakerPolicy> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function policyProblem({ memory, windowMs, openMs, probes }: BreakerPolicy): string | null {
  if (memory.windowMs < windowMs) {
    return `memory.windowMs (${memory.windowMs}) must not be less than windowMs (${windowMs})`;
  }
  if (openMs.max < openMs.first) {
    return `openMs.max (${openMs.max}) must not be less than openMs.first (${openMs.first})`;
  }
  if (probes.max < probes.first) {
    return `probes.max (${probes.max}) must not be less than probes.first (${probes.first})`;
  }
  return null;
}
