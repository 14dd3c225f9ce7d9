import type { TenantId } from '../../../../common/tenant.ts';
import type { ServerName } from '../../../../common/tool.ts';
import type { ListedTool } from '../../../../services/mcp/listed-tool.ts';
import type { McpConnections } from '../../../../services/mcp/mcp-connections.ts';

type ListTools = McpConnections['listTools'];
type Behaviour = (signal: AbortSignal) => readonly ListedTool[] | Promise<readonly ListedTool[]>;

/** Connections to servers that do what the test says. Counts the looks at each. */
export function fakeConnections() {
  const behaviours = new Map<string, Behaviour>();
  const looks = new Map<string, number>();
  const listeners = new Set<(tenantId: TenantId, server: ServerName) => void>();
  const listTools: ListTools = async ({ server }, signal = new AbortController().signal) => {
    looks.set(server, (looks.get(server) ?? 0) + 1);
    const behaviour = behaviours.get(server);
    if (behaviour === undefined) throw new Error(`Nothing was said about server "${server}".`);
    const tools = [...(await behaviour(signal))];
    const serverInfo = { name: server, version: '1' };
    return { tools, era: '2025-11-25', serverInfo, instructions: null };
  };
  return {
    listTools,
    onToolsChanged(listener: (tenantId: TenantId, server: ServerName) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    serve(server: string, behaviour: Behaviour) {
      behaviours.set(server, behaviour);
    },
    tellChanged(tenantId: TenantId, server: string) {
      for (const listener of listeners) listener(tenantId, server as ServerName);
    },
    looks: (server: string) => looks.get(server) ?? 0,
    listeners: () => listeners.size,
  };
}
