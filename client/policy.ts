import { z } from 'zod';
import type { RunPolicy } from '../common/approval.ts';

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
  rollback: z.boolean().exactOptional(),
}) satisfies z.ZodType<RunPolicy>;
