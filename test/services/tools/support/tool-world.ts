// One call on its way to a tool. Registry and connection are small stand-ins, so that every failure
// can be had; validator, ledger, cache and artifact store are real.
import pino from 'pino';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { FailureType } from '../../../../common/failures.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { TenantId } from '../../../../common/tenant.ts';
import type { CallToolInput, EffectClass, ServerName, ToolId } from '../../../../common/tool.ts';
import type { ArtifactStore } from '../../../../services/artifacts/artifact-store.ts';
import { createArtifactStore } from '../../../../services/artifacts/artifact-store.ts';
import type { Database } from '../../../../services/database/database.ts';
import { openDatabase } from '../../../../services/database/open-database.ts';
import type { EffectLedger } from '../../../../services/ledger/effect-ledger.ts';
import { createEffectLedger } from '../../../../services/ledger/effect-ledger.ts';
import type {
  McpAnswer,
  McpAskingCall,
  McpAsks,
  McpCall,
} from '../../../../services/mcp/mcp-call.ts';
import type { McpConnections } from '../../../../services/mcp/mcp-connections.ts';
import { McpError } from '../../../../services/mcp/mcp-error.ts';
import type { RegisteredServer, RegisteredTool } from '../../../../services/registry/registry.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../../services/registry/server-definition.ts';
import type { SchemaValidator } from '../../../../services/schema/schema-validator.ts';
import { createSchemaValidator } from '../../../../services/schema/schema-validator.ts';
import { createMetrics } from '../../../../services/telemetry/metrics.ts';
import { createResultCache } from '../../../../services/tools/result-cache.ts';
import type { ToolCallContext, ToolCallerDeps } from '../../../../services/tools/tool-caller.ts';
import { createToolCaller } from '../../../../services/tools/tool-caller.ts';

export type Handler = (call: McpCall & Partial<McpAskingCall>) => Promise<McpAnswer | McpAsks>;

/** Each test has its own server, tools and keys. */
export interface ToolWorld {
  /** What all keys of this test begin with. */
  readonly name: string;
  /** The key of its calls, unless they name another. */
  readonly key: string;
  readonly tools: Map<string, RegisteredTool>;
  readonly calls: (McpCall & Partial<McpAskingCall>)[];
  readonly tenants: TenantId[];
  serverEnabled: boolean;
  answer: Handler;
  readonly logged: string[];
  readonly artifacts: ArtifactStore;
  readonly deps: ToolCallerDeps;
  call(
    tool: string,
    other?: Partial<CallToolInput>,
    context?: Partial<ToolCallContext>,
  ): ReturnType<ReturnType<typeof createToolCaller>['call']>;
  inputOf(tool: string): CallToolInput;
  replaceTool(name: string, other: Partial<RegisteredTool>): void;
  /** Of the effects whose outcome is unknown. */
  unknownKeys(): Promise<readonly string[]>;
  /** Counted calls: server, outcome, how many. */
  outcomes(): Promise<readonly string[]>;
}

interface Parts {
  readonly artifacts: ArtifactStore;
  readonly ledger: EffectLedger;
  readonly validator: SchemaValidator;
}

/** A world that is made anew before each test of the file, over one database. */
export function useToolWorld(): ToolWorld {
  const world = {} as ToolWorld;
  let database: Database;
  let parts: Parts;
  let worlds = 0;
  beforeAll(async () => {
    database = await openDatabase({ kind: 'pglite', dir: null });
    parts = {
      artifacts: createArtifactStore(database),
      ledger: createEffectLedger(database),
      validator: createSchemaValidator(),
    };
  });
  afterAll(async () => {
    await parts.validator.close();
    await database.close();
  });
  beforeEach(() => {
    worlds += 1;
    makeAnew(world, `world-${worlds}`, parts);
  });
  return world;
}

export const text = (value: string): McpAnswer => ({
  isError: false,
  content: [{ type: 'text', text: value }],
  structured: null,
  bytes: value.length,
});

export function failing(type: FailureType, sent: boolean, retry = true): Handler {
  return () =>
    Promise.reject(
      new McpError(type, 'The line was cut.', { sent, retry: { allowed: retry, afterMs: null } }),
    );
}

function makeAnew(world: ToolWorld, name: string, parts: Parts): void {
  const key = `${name}/step/1`;
  const metrics = createMetrics();
  const log = pino({ level: 'trace' }, { write: (line: string) => void world.logged.push(line) });
  const deps: ToolCallerDeps = {
    registry: {
      findTool: async (_, id) => world.tools.get(id) ?? null,
      listTools: async () => [...world.tools.values()].filter(({ status }) => status !== 'gone'),
      getServer: async () => serverOf(world.serverEnabled),
    },
    connections: {
      call: ((target, call) => {
        world.calls.push(call);
        world.tenants.push(target.tenantId);
        return world.answer(call);
      }) as McpConnections['call'],
    },
    ...parts,
    ...{ metrics, log },
    cache: createResultCache({ metrics, log: pino({ level: 'silent' }), shared: null }),
  };
  const caller = createToolCaller(deps);
  Object.assign(world, {
    ...{ name, key, calls: [], tenants: [], serverEnabled: true, logged: [], deps },
    artifacts: parts.artifacts,
    tools: new Map(EFFECTS.map((effect) => [`bank/${effect}`, toolOf(effect)])),
    answer: () => Promise.resolve(text(`answer ${world.calls.length}`)),
    inputOf: (tool) => inputOf(tool, key),
    call: (tool, other = {}, context = {}) =>
      caller.call(
        { ...inputOf(tool, key), ...other },
        { signal: new AbortController().signal, attempt: 1, ...context },
      ),
    replaceTool(tool, other) {
      const known = world.tools.get(`bank/${tool}`) as RegisteredTool;
      world.tools.set(known.id, { ...known, ...other });
    },
    async unknownKeys() {
      const all = await parts.ledger.listUnknown(DEFAULT_TENANT_ID);
      return all.map((effect) => effect.key).filter((each) => each.startsWith(`${name}/`));
    },
    async outcomes() {
      const lines = (await metrics.text()).split('\n');
      return lines
        .filter((line) => line.startsWith('ostinato_tool_call_duration_seconds_count'))
        .map((line) => line.replace(/.*server="(.*)",outcome="(.*)"} (\d+)/, '$1 $2 $3'));
    },
  } satisfies ToolWorld);
}

const EFFECTS = ['read', 'keyed', 'non-idempotent', 'compensable'] as const;

function inputOf(tool: string, idempotencyKey: string): CallToolInput {
  return {
    tenant: { tenantId: DEFAULT_TENANT_ID, actor: 'test', scopes: [] },
    tool: `bank/${tool}` as ToolId,
    args: { to: 'alice' },
    idempotencyKey,
    fingerprint: null,
    timeoutMs: 1_000,
    maxTotalTimeoutMs: 2_000,
  };
}

function toolOf(effect: EffectClass): RegisteredTool {
  return {
    tenantId: DEFAULT_TENANT_ID,
    id: `bank/${effect}` as ToolId,
    server: 'bank' as ServerName,
    name: `own_${effect}`,
    modelName: `bank_${effect}`,
    title: null,
    description: '',
    inputSchema: {
      type: 'object',
      properties: { to: { type: 'string' }, note: { type: 'string' } },
      required: ['to'],
      additionalProperties: false,
    },
    outputSchema: null,
    fingerprint: `f-${effect}`,
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 0,
    effect,
  };
}

function serverOf(enabled: boolean): RegisteredServer {
  return {
    tenantId: DEFAULT_TENANT_ID,
    name: 'bank' as ServerName,
    definition: {
      ...SERVER_DEFINITION_DEFAULTS,
      enabled,
      transport: { kind: 'http', url: 'http://bank.test/mcp', headers: {} },
    },
    trust: 'operator',
    status: 'ready',
    problem: null,
    lastSeenMs: null,
    era: null,
    serverInfo: null,
    instructions: null,
    warnings: [],
    toolCount: 1,
    version: 1,
  };
}
