import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { ServerDefinition, ServerTrust } from './server-definition.ts';

export interface RegisteredServer {
  readonly tenantId: TenantId;
  readonly name: ServerName;
  readonly definition: ServerDefinition;
  /** Whose word its address is. */
  readonly trust: ServerTrust;
  /** `unknown`: not contacted since it was registered or its transport changed. */
  readonly status: 'unknown' | 'ready' | 'unreachable' | 'disabled';
  /** Why it is unreachable, with the remedy. */
  readonly problem: string | null;
  /** When it last answered, ms since the epoch. */
  readonly lastSeenMs: number | null;
  /** The protocol revision it speaks. */
  readonly era: string | null;
  readonly serverInfo: { readonly name: string; readonly version: string } | null;
  readonly instructions: string | null;
  /** For operators: tools that were kept out of the catalogue, and why. */
  readonly warnings: readonly string[];
  /** Tools that may be used now. */
  readonly toolCount: number;
  /** Grows when the definition changes. */
  readonly version: number;
}

/** What a contact with the server showed. A field left out keeps what was known. */
export interface ServerNote {
  readonly status: 'unknown' | 'ready' | 'unreachable';
  readonly problem: string | null;
  readonly era?: string | null;
  readonly serverInfo?: { readonly name: string; readonly version: string } | null;
  readonly instructions?: string | null;
}
