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

/** What tenants may do at once, and in a minute. */
export type LimitsFile = z.output<typeof file>;

export type TenantLimits = (tenantId: TenantId) => CallLimits;

/** The tenant's own, in place of the default. */
export function limitsOf(said: LimitsFile, tenantId: TenantId): CallLimits {
  const { tenants = {}, default: others = {} } = said;
  return Object.hasOwn(tenants, tenantId) ? (tenants[tenantId] ?? others) : others;
}

/**
 * Reads `default: {maxInFlight, perMinute}` and `tenants:`, each in place of the default; YAML or JSON.
 *
 * @returns no limits without a path.
 * @throws ServiceError (BadInput) where it cannot be read, naming every field that is wrong.
 */
export async function readLimitsFile(path: string | null): Promise<LimitsFile> {
  if (path === null) return {};
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw bad(path, `cannot be read: ${whyUnreadable(error)}`, error);
  });
  return parseLimitsFile(text, path);
}

/** @throws ServiceError (BadInput) */
export function parseLimitsFile(text: string, path: string): LimitsFile {
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
  return parsed.data;
}

function bad(path: string, why: string, cause: unknown): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `The limits file ${path} (OSTINATO_LIMITS_FILE) ${why}. Write for example "default: {maxInFlight: 50, perMinute: 600}".`,
    { cause },
  );
}
