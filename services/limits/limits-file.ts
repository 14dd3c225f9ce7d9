import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import { whyUnreadable } from '../../common/why-unreadable.ts';
import { ServiceError } from '../errors.ts';
import type { CallLimits } from './call-limits.ts';

export const callLimitsSchema = z.strictObject({
  maxInFlight: z.int().min(1).max(100_000).exactOptional(),
  perMinute: z.int().min(1).max(100_000).exactOptional(),
}) satisfies z.ZodType<CallLimits>;

const file = z.strictObject({
  default: callLimitsSchema.exactOptional(),
  tenants: z.record(z.string().min(1).max(200), callLimitsSchema).exactOptional(),
});

export type TenantLimits = (tenantId: TenantId) => CallLimits;

/**
 * Reads `default: {maxInFlight, perMinute}` and `tenants:`, each in place of the default; YAML or JSON.
 *
 * @returns no limits without a path.
 * @throws ServiceError (BadInput) where it cannot be read, naming every field that is wrong.
 */
export async function readLimitsFile(path: string | null): Promise<TenantLimits> {
  if (path === null) return () => ({});
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw bad(path, `cannot be read: ${whyUnreadable(error)}`, error);
  });
  return parseLimitsFile(text, path);
}

/** @throws ServiceError (BadInput) */
export function parseLimitsFile(text: string, path: string): TenantLimits {
  let written: unknown;
  try {
    written = parse(text);
  } catch (error) {
    throw bad(path, `is no YAML: ${(error as Error).message}`, error);
  }
  const parsed = file.safeParse(written ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`,
    );
    throw bad(path, `is wrong: ${problems.slice(0, 10).join('; ')}`, parsed.error);
  }
  const { tenants = {}, default: others = {} } = parsed.data;
  return (tenantId) => (Object.hasOwn(tenants, tenantId) ? (tenants[tenantId] ?? others) : others);
}

function bad(path: string, why: string, cause: unknown): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `The limits file ${path} (OSTINATO_LIMITS_FILE) ${why}. Write for example "default: {maxInFlight: 50, perMinute: 600}".`,
    { cause },
  );
}
