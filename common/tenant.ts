import type { Id } from './json.ts';

export type TenantId = Id<'tenant'>;

/** The one tenant of an installation that administers none. */
export const DEFAULT_TENANT_ID = 'default' as TenantId;

/** For whom a run acts. Travels inside every workflow and activity input, never in ambient state. */
export interface TenantContext {
  readonly tenantId: TenantId;
  /** The authenticated person or service, as the audit log will print it. */
  readonly actor: string;
  readonly scopes: readonly string[];
}
