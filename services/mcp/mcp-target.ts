import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { ServerTransport } from './server-transport.ts';

/** A server to talk to. Another `transport` or `protocol` for the same name is another connection. */
export interface McpTarget {
  readonly tenantId: TenantId;
  readonly server: ServerName;
  readonly transport: ServerTransport;
  /** Who chose the address: a tenant's reaches the public internet alone. @default operator */
  readonly trust?: 'operator' | 'tenant';
  /** Bound of start, negotiation and handshake together, ms. */
  readonly connectTimeoutMs: number;
  /** `auto` asks the server which era it speaks, once. */
  readonly protocol: 'auto' | '2025-11-25' | '2026-07-28';
}
