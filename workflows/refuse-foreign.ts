import type { TenantContext } from '../common/tenant.ts';
import type { Orderer } from './definitions.ts';

/** For validators of updates. @throws where the order is malformed or another tenant's */
export function refuseForeign(tenant: TenantContext, order: Orderer, what: string): void {
  if (typeof order?.tenantId !== 'string' || typeof order.actor !== 'string') {
    throw new Error(`"${what}" takes {tenantId, actor}.`);
  }
  if (order.tenantId === tenant.tenantId) return;
  throw new Error(`This is no run of tenant "${order.tenantId}".`);
}
