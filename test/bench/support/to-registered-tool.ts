import { hash } from 'node:crypto';
import type { TenantId } from '../../../common/tenant.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../common/tool.ts';
import type { RegisteredTool } from '../../../services/registry/registered-tool.ts';
import type { SetTool } from './retrieval-set.ts';

export const BENCH_TENANT: TenantId = DEFAULT_TENANT_ID;

/** A tool of a data set as the registry would hold it. */
export function toRegisteredTool(tool: SetTool): RegisteredTool {
  return {
    tenantId: BENCH_TENANT,
    id: tool.id as ToolId,
    server: (tool.serverTitle ?? tool.server ?? '') as ServerName,
    name: tool.name,
    modelName: tool.name,
    title: null,
    description: tool.description ?? '',
    inputSchema: tool.inputSchema ?? {},
    outputSchema: null,
    fingerprint: hash('sha256', JSON.stringify(tool)),
    effect: 'read',
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 0,
  };
}
