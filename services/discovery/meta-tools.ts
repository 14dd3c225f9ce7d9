import type { JsonObject } from '../../common/json.ts';
import type { ToolWish, WishAnswer, WishFilter } from '../../common/meta-tools.ts';
import type { TenantContext } from '../../common/tenant.ts';
import type { ToolId, ToolResult } from '../../common/tool.ts';
import type { Registry } from '../registry/registry.ts';
import type { ToolCallContext, ToolCaller } from '../tools/tool-caller.ts';
import type { FindDeps } from './find-wished-tools.ts';
import { findWishedTools } from './find-wished-tools.ts';

/**
 * Two tools in place of thousands: one finds, one calls. What they offer never changes, whatever is
 * registered, so that the tool lists that models are sent stay the same bytes.
 */
export interface MetaTools {
  findTools(
    tenant: TenantContext,
    wishes: readonly ToolWish[],
    filter?: WishFilter,
  ): Promise<readonly WishAnswer[]>;
  /**
   * Calls a found tool. It goes the way of every tool call, as the inner tool: permissions, metering,
   * arguments and the effect ledger see nothing of the meta-tool.
   *
   * @throws ServiceError as `ToolCaller.call`
   */
  callTool(
    tenant: TenantContext,
    call: MetaToolCall,
    context: ToolCallContext,
  ): Promise<ToolResult>;
}

export interface MetaToolCall {
  /** `server/tool`, or its model name. */
  readonly tool: string;
  readonly args: JsonObject;
  /** The same for each repeat of one call. */
  readonly idempotencyKey: string;
}

export interface MetaToolsDeps extends FindDeps {
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listServers'>;
  readonly tools: Pick<ToolCaller, 'call'>;
}

/** Longest silence of a server. */
const TIMEOUT_MS = 60_000;
const MAX_TOTAL_TIMEOUT_MS = 600_000;

export function createMetaTools(deps: MetaToolsDeps): MetaTools {
  return {
    findTools: ({ tenantId }, wishes, filter) => findWishedTools(deps, tenantId, wishes, filter),
    async callTool(tenant, { tool, args, idempotencyKey }, context) {
      const named = await deps.registry.findToolByModelName(tenant.tenantId, tool);
      return deps.tools.call(
        {
          tenant,
          tool: named?.id ?? (tool as ToolId),
          args,
          idempotencyKey,
          fingerprint: null,
          timeoutMs: TIMEOUT_MS,
          maxTotalTimeoutMs: MAX_TOTAL_TIMEOUT_MS,
        },
        context,
      );
    },
  };
}
