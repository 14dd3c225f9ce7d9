import type { ResourceRule } from '../../common/optimise/tool-facts.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName, ToolId } from '../../common/tool.ts';
import type { RegisteredServer, RegisteredTool, Registry } from '../registry/registry.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';

/** What checking a plan needs to know about the tools of one tenant. */
export interface ToolLookup {
  /** By tool id or model name; also finds tools that may not be used now. */
  find(idOrModelName: string): Promise<RegisteredTool | null>;
  /** Ids of all tools that may be used, to say what was perhaps meant. */
  ids(): Promise<readonly ToolId[]>;
  /** Longest time for one call to that server, ms. */
  callTimeoutMs(server: ServerName): Promise<number>;
  /** The arguments that name what the tool touches; `null`: nobody has declared it. */
  resources(tool: Pick<RegisteredTool, 'server' | 'name'>): Promise<readonly ResourceRule[] | null>;
  /** What its calls have taken of late, ms; `null`: nobody knows. */
  expectedMs(tool: ToolId): number | null;
  /** The tenant's composition rules. */
  rules(): Promise<readonly CompositionRule[]>;
}

/** Where a planner finds the composition rules of a tenant. */
export interface RuleSource {
  active(tenantId: TenantId): Promise<readonly CompositionRule[]>;
}

/** Reads the registry, each thing once. Make one for each plan: it does not see later changes. */
export function createToolLookup(
  registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>,
  tenantId: TenantId,
  durations?: Pick<ToolDurations, 'expected'>,
  rules?: RuleSource,
): ToolLookup {
  const tools = new Map<string, Promise<RegisteredTool | null>>();
  const servers = new Map<ServerName, Promise<RegisteredServer>>();
  const definitionOf = async (name: ServerName) =>
    (await remember(servers, name, () => registry.getServer(tenantId, name))).definition;
  return {
    find: (name) =>
      remember(tools, name, async () => {
        const byId = name.includes('/') ? await registry.findTool(tenantId, name as ToolId) : null;
        return byId ?? registry.findToolByModelName(tenantId, name);
      }),
    async ids() {
      return (await registry.listTools(tenantId)).map((tool) => tool.id);
    },
    callTimeoutMs: async (server) => (await definitionOf(server)).callTimeoutMs,
    async resources({ server, name }) {
      const declared = (await definitionOf(server)).resources ?? {};
      return Object.hasOwn(declared, name) ? (declared[name] ?? null) : null;
    },
    expectedMs: (tool) => durations?.expected(tenantId, tool) ?? null,
    rules: async () => (await rules?.active(tenantId)) ?? [],
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
