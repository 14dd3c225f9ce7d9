import { z } from 'zod';
import type { BreakerPreset } from '../../../common/breaker-policies.ts';
import { BREAKER_POLICIES } from '../../../common/breaker-policies.ts';
import type { BreakerPolicy } from '../../../common/breaker.ts';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import type { BreakerSettings } from '../breakers.ts';

export const BREAKER_MODES = ['enforce', 'dry-run'] as const;
export const BREAKER_PRESETS = Object.keys(BREAKER_POLICIES) as BreakerPreset[];

const count = z.number().int().min(1).max(1_000);
const share = z.number().gt(0).lt(1);
const ms = z.number().int().min(100).max(600_000);
const fromTo = (each: z.ZodNumber) =>
  z.strictObject({ first: each.exactOptional(), max: each.exactOptional() });

/** What is said of a dependency beside its preset. Units and meanings as in `BreakerPolicy`. */
export const overridesSchema = z.strictObject({
  preset: z.enum(BREAKER_PRESETS).exactOptional(),
  mode: z.enum(BREAKER_MODES).exactOptional(),
  /** A reading tool's last result may stand in for so long; `null`: never. */
  staleMs: ms.max(86_400_000).nullable().exactOptional(),
  windowMs: z.number().int().min(5_000).max(90_000).multipleOf(1_000).exactOptional(),
  minCalls: count.exactOptional(),
  threshold: share.exactOptional(),
  tripCalls: count.exactOptional(),
  tripRun: count.exactOptional(),
  successTarget: share.exactOptional(),
  maxShed: share.exactOptional(),
  probes: fromTo(z.number().int().min(1).max(20)).exactOptional(),
  probeTtlMs: ms.exactOptional(),
  openMs: fromTo(ms).exactOptional(),
  rampMs: ms.exactOptional(),
  slowMs: ms.nullable().exactOptional(),
});

export type BreakerOverrides = z.output<typeof overridesSchema>;

/** Later ones win, field by field. */
export function mergeOverrides(...all: readonly BreakerOverrides[]): BreakerOverrides {
  return all.reduce<BreakerOverrides>((sum, next) => {
    const merged = { ...sum, ...next };
    if (next.openMs !== undefined) merged.openMs = { ...sum.openMs, ...next.openMs };
    if (next.probes !== undefined) merged.probes = { ...sum.probes, ...next.probes };
    return merged;
  }, {});
}

/** Whether the parts fit each other, over that preset. */
export function isFitting(usual: BreakerPreset, overrides: BreakerOverrides): boolean {
  try {
    resolveOverrides(usual, overrides);
    return true;
  } catch {
    return false;
  }
}

/**
 * The preset with what is said beside it.
 *
 * @throws ServiceError (BadInput) where the parts do not fit each other.
 */
export function resolveOverrides(
  usual: BreakerPreset,
  overrides: BreakerOverrides,
): BreakerSettings {
  const { preset = usual, mode = 'enforce', staleMs = null, openMs, probes, ...rest } = overrides;
  const base: BreakerPolicy = BREAKER_POLICIES[preset];
  const policy: BreakerPolicy = {
    ...base,
    ...rest,
    openMs: { ...base.openMs, ...openMs },
    probes: { ...base.probes, ...probes },
  };
  for (const field of ['openMs', 'probes'] as const) {
    const { first, max } = policy[field];
    if (first > max) {
      throw new ServiceError(
        FAILURE.badInput,
        `${field}.first is ${first} and ${field}.max is ${max}: the most cannot be less than the first. Set both.`,
      );
    }
  }
  return { policy, mode, preset, staleMs };
}
