import type { TenantId } from '../../common/tenant.ts';
import type { ServerName, ToolId } from '../../common/tool.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';

/** What checking a plan needs to know about the tools of one tenant. */
export interface ToolLookup {
  /** By tool id or model name; also finds tools that may not be used now. */
  find(idOrModelName: string): Promise<RegisteredTool | null>;
  /** Ids of all tools that may be used, to say what was perhaps meant. */
  ids(): Promise<readonly ToolId[]>;
  /** Longest time for one call to that server, ms. */
  callTimeoutMs(server: ServerName): Promise<number>;
}

/** Reads the registry, each thing once. Make one for each plan: it does not see later changes. */
export function createToolLookup(
  registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>,
  tenantId: TenantId,
): ToolLookup {
  const tools = new Map<string, Promise<RegisteredTool | null>>();
  const timeouts = new Map<ServerName, Promise<number>>();
  return {
    find: (name) =>
      remember(tools, name, async () => {
        const byId = name.includes('/') ? await registry.findTool(tenantId, name as ToolId) : null;
        return byId ?? registry.findToolByModelName(tenantId, name);
      }),
    async ids() {
      return (await registry.listTools(tenantId)).map((tool) => tool.id);
    },
    callTimeoutMs: (server) =>
      remember(timeouts, server, async () => {
        const { definition } = await registry.getServer(tenantId, server);
        return definition.callTimeoutMs;
      }),
  };
}

function remember<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  load: () => Promise<Value>,
): Promise<Value> {
  const held = known.get(key) ?? load();
  known.set(key, held);
  return held;
}
