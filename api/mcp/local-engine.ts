import { ulid } from 'ulid';
import type { McpEngine } from '../../client/mcp/mcp-engine.ts';
import type { TenantContext } from '../../common/tenant.ts';
import type { MetaTools } from '../../services/discovery/meta-tools.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { toErrorAnswer } from '../error-answer.ts';

/** The engine as one tenant's MCP request sees it, with the services of this process. */
export function localEngine(
  deps: ResolvedApiDeps,
  metaTools: MetaTools,
  tenant: TenantContext,
): McpEngine {
  const { artifacts, closing, connection, log } = deps;
  return {
    connection: { ...connection, tenant },
    closing,
    findTools: (wishes, filter) => metaTools.findTools(tenant, wishes, filter),
    callTool: ({ tool, args, idempotencyKey }, { signal, onProgress }) =>
      metaTools.callTool(
        tenant,
        { tool, args, idempotencyKey: `api:${tenant.tenantId}:${idempotencyKey ?? ulid()}` },
        { signal, attempt: 1, onProgress },
      ),
    readArtifact: async (id) => (await artifacts.get(tenant.tenantId, id)).body,
    explain(error) {
      const { status, type, message } = toErrorAnswer(error);
      if (status !== 500) return `${type}: ${message}`;
      log.error({ err: error, tenantId: tenant.tenantId }, 'mcp call failed');
      return null;
    },
  };
}
