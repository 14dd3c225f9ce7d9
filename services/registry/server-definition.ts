import type { EffectClass } from '../../common/tool.ts';
import type { ResourceRule } from '../../common/optimise/tool-facts.ts';
import type { CallLimits } from '../limits/call-limits.ts';
import type { ServerTransport } from '../mcp/server-transport.ts';

/**
 * Who chose where a server is. `operator`: the configuration, or the command on the machine; any address
 * will do. `tenant`: a request of the API from elsewhere, which reaches the public internet and what
 * OSTINATO_ALLOW_PRIVATE_URLS names.
 */
export type ServerTrust = 'operator' | 'tenant';

/** How to reach a server and how far to trust it: set by an admin, never by the server. */
export interface ServerDefinition {
  readonly transport: ServerTransport;
  readonly enabled: boolean;
  /** Longest time for one call without progress, ms. @default 30_000 */
  readonly callTimeoutMs: number;
  /** Bound of start, negotiation and handshake together, ms. @default 15_000 */
  readonly connectTimeoutMs: number;
  /** Believe the server's `readOnlyHint` and `idempotentHint`. @default false */
  readonly trustAnnotations: boolean;
  /** By tool name as the server lists it; `*` is for all others. */
  readonly effects: Readonly<Record<string, EffectClass>>;
  /**
   * By tool name: the arguments that name all that the tool touches. Steps with such tools are
   * ordered by what they touch; of others nothing is known. @default none
   */
  readonly resources?: Readonly<Record<string, readonly ResourceRule[]>>;
  /** By tool name: the tool that may be called once for several calls of it. @default none */
  readonly batches?: Readonly<Record<string, BatchRule>>;
  /** Of calls to it, over all workers. @default none */
  readonly limits?: CallLimits;
  readonly tags: readonly string[];
  readonly title: string | null;
  readonly description: string | null;
  /** @default 'auto' */
  readonly protocol: 'auto' | '2025-11-25' | '2026-07-28';
}

/** A tool of the same server and effect class that does for a list what another does for one value. */
export interface BatchRule {
  readonly tool: string;
  /** Argument of the other tool whose values become the list. */
  readonly argument: string;
  /** Argument of `tool` that takes the list; the other arguments are the same for both. */
  readonly items: string;
  /** Path of the list of results in its answer, in the order of the items. @default the whole */
  readonly result?: string;
  /** @default 50 */
  readonly maxItems?: number;
}

export const SERVER_DEFINITION_DEFAULTS = {
  enabled: true,
  callTimeoutMs: 30_000,
  connectTimeoutMs: 15_000,
  trustAnnotations: false,
  effects: {},
  tags: [],
  title: null,
  description: null,
  protocol: 'auto',
} as const satisfies Omit<ServerDefinition, 'transport'>;
