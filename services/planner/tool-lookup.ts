import type { ResourceRule } from '../../common/optimise/tool-facts.ts';
import type { BatchTool } from '../../common/plan.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { isRuled } from '../../common/rules/is-ruled.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName, ToolId } from '../../common/tool.ts';
import { isJsonObject } from '../../common/json.ts';
import type { BatchRule } from '../registry/server-definition.ts';
import type { RegisteredServer, RegisteredTool, Registry } from '../registry/registry.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';

/** Items of one call where its declaration says nothing. */
const MAX_ITEMS = 50;

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
  /** What may be called once for several calls of the tool; `null`: nothing that could be used now. */
  batch(tool: RegisteredTool): Promise<BatchTool | null>;
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
  const find: ToolLookup['find'] = (name) =>
    remember(tools, name, async () => {
      const byId = name.includes('/') ? await registry.findTool(tenantId, name as ToolId) : null;
      return byId ?? registry.findToolByModelName(tenantId, name);
    });
  const activeRules: ToolLookup['rules'] = async () => (await rules?.active(tenantId)) ?? [];
  return {
    find,
    async ids() {
      return (await registry.listTools(tenantId)).map((tool) => tool.id);
    },
    callTimeoutMs: async (server) => (await definitionOf(server)).callTimeoutMs,
    async resources({ server, name }) {
      const declared = (await definitionOf(server)).resources ?? {};
      return Object.hasOwn(declared, name) ? (declared[name] ?? null) : null;
    },
    async batch(tool) {
      const { batches = {}, callTimeoutMs } = await definitionOf(tool.server);
      const declared = Object.hasOwn(batches, tool.name) ? batches[tool.name] : undefined;
      if (declared === undefined) return null;
      const many = await find(`${tool.server}/${declared.tool}`);
      if (many === null || !standsFor(many, tool, declared)) return null;
      // What a rule says of it was meant for the plans that people and models write.
      if (isRuled(many.id, await activeRules())) return null;
      const expectedMs = durations?.expected(tenantId, many.id) ?? null;
      return {
        ...{ tool: many.id, effect: many.effect, fingerprint: many.fingerprint },
        ...{ argument: declared.argument, items: declared.items, timeoutMs: callTimeoutMs },
        ...{ result: declared.result ?? '', maxItems: declared.maxItems ?? MAX_ITEMS },
        ...(expectedMs === null ? {} : { expectedMs }),
      };
    },
    expectedMs: (tool) => durations?.expected(tenantId, tool) ?? null,
    rules: activeRules,
  };
}

/** It may be called, does no more than the other, and takes a list where it is said to. */
function standsFor(many: RegisteredTool, tool: RegisteredTool, { items }: BatchRule): boolean {
  const takes = many.inputSchema['properties'];
  const isUsable = many.enabled && many.status === 'active' && many.effect === tool.effect;
  return isUsable && isJsonObject(takes) && Object.hasOwn(takes, items);
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
