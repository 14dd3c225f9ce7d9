import type { TenantId } from '../../../common/tenant.ts';

let made = 0;

/** A tenant that no other case uses, so that cases share a database without meeting. */
export function newTenant(): TenantId {
  made += 1;
  return `tenant-${made}` as TenantId;
}
