import { z } from 'zod';
import type { RunPolicy } from '../common/approval.ts';
import type { TenantContext } from '../common/tenant.ts';

const EFFECTS = ['read', 'keyed', 'non-idempotent', 'compensable'] as const;

const ruleSchema = z.strictObject({
  tool: z.string().min(1).max(200).exactOptional(),
  effects: z.array(z.enum(EFFECTS)).min(1).readonly().exactOptional(),
  spentUsd: z.number().min(0).exactOptional(),
  tenant: z.string().min(1).max(200).exactOptional(),
  reason: z.string().trim().min(1).max(500).exactOptional(),
});

export const policySchema = z.strictObject({
  approvals: z.array(ruleSchema).max(100).readonly().exactOptional(),
  approvalTimeoutMs: z
    .int()
    .min(1_000)
    .max(30 * 24 * 3_600_000)
    .exactOptional(),
  onUnknown: z.enum(['fail', 'ask']).exactOptional(),
  onQuestion: z.enum(['ask', 'decline']).exactOptional(),
  rollback: z.boolean().exactOptional(),
}) satisfies z.ZodType<RunPolicy>;

/** What holds for all runs that an installation starts. */
export const policiesSchema = z.strictObject({
  default: policySchema.exactOptional(),
  /** By tenant: in place of the default. */
  tenants: z.record(z.string().min(1).max(200), policySchema).exactOptional(),
});
export type Policies = z.output<typeof policiesSchema>;

/**
 * The policy of a run: what its caller says, over what holds for its tenant. A caller can make more
 * calls wait for a person, and none of those that wait anyway go through.
 */
export function policyOf(
  connection: { readonly tenant: TenantContext; readonly policies?: () => Policies | undefined },
  given: RunPolicy | undefined,
): { readonly policy?: RunPolicy } {
  const policies = connection.policies?.();
  const always = policies?.tenants?.[connection.tenant.tenantId] ?? policies?.default;
  if (always === undefined) return given === undefined ? {} : { policy: given };
  const approvals = [...(always.approvals ?? []), ...(given?.approvals ?? [])];
  return {
    policy: { ...always, ...given, ...(approvals.length === 0 ? {} : { approvals }) },
  };
}
