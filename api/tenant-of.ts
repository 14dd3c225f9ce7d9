import type { FastifyRequest } from 'fastify';
import type { OstinatoConnection } from '../client/index.ts';
import type { TenantContext } from '../common/tenant.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';

/**
 * For whom a request acts. The one place that decides it: until tenants are administered, whoever
 * may call this API is the installation's one tenant.
 */
export function tenantOf(_request: FastifyRequest): TenantContext {
  return { tenantId: DEFAULT_TENANT_ID, actor: 'api', scopes: [] };
}

/** The engine, as this request's tenant sees it. */
export function connectionFor(
  request: FastifyRequest,
  connection: OstinatoConnection,
): OstinatoConnection {
  return { ...connection, tenant: tenantOf(request) };
}
