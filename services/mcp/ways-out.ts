import type { FetchLike } from '@modelcontextprotocol/client';
import type { AllowedHosts, OutboundPolicy } from '../net/outbound-policy.ts';
import { NOTHING_ALLOWED, OPERATOR } from '../net/outbound-policy.ts';
import { createOutboundFetch } from '../net/outbound.ts';

/** How servers are reached, by whose word their address is. */
export type WaysOut = Readonly<Record<'operator' | 'tenant', WayOut>>;

export interface WayOut {
  readonly policy: OutboundPolicy;
  readonly fetch: FetchLike;
}

export interface WaysOutOptions {
  /** For the operator's HTTP servers. @default one that judges where it connects to */
  readonly fetch?: FetchLike;
  /** What tenants' servers reach beside the public internet. @default nothing */
  readonly allowedHosts?: AllowedHosts;
}

export function createWaysOut({ fetch, allowedHosts }: WaysOutOptions = {}): WaysOut {
  const tenant = { trust: 'stranger', allow: allowedHosts ?? NOTHING_ALLOWED } as const;
  return {
    operator: { policy: OPERATOR, fetch: fetch ?? createOutboundFetch(OPERATOR) },
    tenant: { policy: tenant, fetch: createOutboundFetch(tenant) },
  };
}
