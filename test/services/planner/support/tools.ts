import type { JsonObject } from '../../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../../common/tool.ts';
import type { RegisteredTool } from '../../../../services/registry/registry.ts';

type Listed = {
  readonly description?: string | undefined;
  readonly title?: string | undefined;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject | undefined;
};

/** A registered tool as the registry would give it, from what a server lists. */
export function registeredTool(
  id: string,
  listed: Listed,
  changes: Partial<RegisteredTool> = {},
): RegisteredTool {
  const [server, name] = id.split('/') as [string, string];
  return {
    id: id as ToolId,
    tenantId: DEFAULT_TENANT_ID,
    server: server as ServerName,
    name,
    modelName: `${server}__${name}`,
    title: listed.title ?? null,
    description: listed.description ?? '',
    inputSchema: listed.inputSchema,
    outputSchema: listed.outputSchema ?? null,
    fingerprint: `print-of-${id}`,
    effect: 'non-idempotent',
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 0,
    ...changes,
  };
}

/** The registry's reading half over a fixed list. */
export function fixedRegistry(tools: readonly RegisteredTool[], callTimeoutMs = 30_000) {
  return {
    findTool: async (_tenant: unknown, id: ToolId) => tools.find((tool) => tool.id === id) ?? null,
    findToolByModelName: async (_tenant: unknown, name: string) =>
      tools.find((tool) => tool.modelName === name) ?? null,
    listTools: async () => tools.filter((tool) => tool.enabled && tool.status === 'active'),
    getServer: async () => ({ definition: { callTimeoutMs } }) as never,
  };
}
