import { hash } from 'node:crypto';
import { canonicalJson } from '../../common/canonical-json.ts';
import type { JsonValue } from '../../common/json.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { CacheAddress } from './shared-store.ts';

/**
 * Equal for equal parts whatever the order of their fields, never equal for two tenants or kinds.
 * The parts are hashed: a key is short, and shows no argument in a log.
 */
export function cacheKey(tenantId: TenantId, kind: string, parts: JsonValue): string {
  return cachePrefix(tenantId, kind) + hash('sha256', canonicalJson(parts), 'base64url');
}

/** What all keys of a tenant and kind start with; for `MemoryCache.clear` and `LayeredCache.forget`. */
export function cachePrefix(tenantId: TenantId, kind: string): string {
  // Encoded, so that no tenant's name can reach into another's keys.
  return `${encodeURIComponent(tenantId)}/${encodeURIComponent(kind)}/`;
}

/** Where the value of these parts lies in a `LayeredCache`; its scope is the tenant and kind. */
export function cacheAddress(tenantId: TenantId, kind: string, parts: JsonValue): CacheAddress {
  return { scope: cachePrefix(tenantId, kind), key: cacheKey(tenantId, kind, parts) };
}
