import { pino } from 'pino';
import type { ApiDeps } from '../../../api/api-deps.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { Plan, StepId } from '../../../common/plan.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { CallToolInput, ServerName, ToolId } from '../../../common/tool.ts';
import { createBreakers } from '../../../services/breaker/breakers.ts';
import { createLocalBreakerStore } from '../../../services/breaker/local-breaker-store.ts';
import { newTransitionRow } from '../../../services/breaker/history/transition-rows.ts';
import type { TransitionRow } from '../../../services/breaker/history/transition-rows.ts';
import type { BreakerOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { resolveOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { ServiceError } from '../../../services/errors.ts';
import type { RouteView } from '../../../services/llm/provider-view.ts';
import type { RegisteredServer, RegisteredTool } from '../../../services/registry/registry.ts';
import type { StoredRule } from '../../../services/rules/rules.ts';
import type { SearchHit } from '../../../services/registry/tool-index.ts';
import { fakeTemporal } from './fake-temporal.ts';

export type FakeServices = ApiDeps & {
  readonly servers: Map<string, RegisteredServer>;
  readonly toolsById: Map<string, RegisteredTool>;
  readonly calls: CallToolInput[];
  readonly starts: { readonly workflowId: string; readonly input: unknown }[];
  /** What a refresh or test of a server meets; `null`: it answers. */
  problem: string | null;
  planProblems: readonly object[];
};

export const TOOL: RegisteredTool = {
  tenantId: DEFAULT_TENANT_ID,
  id: 'files/read' as ToolId,
  server: 'files' as ServerName,
  name: 'read',
  modelName: 'files_read',
  title: null,
  description: 'Reads a file.',
  inputSchema: { type: 'object' },
  outputSchema: null,
  fingerprint: 'f1',
  effect: 'read',
  enabled: true,
  status: 'active',
  tags: [],
  warnings: [],
  lastSeenMs: 1,
};

const HIT: SearchHit = {
  id: TOOL.id,
  score: 0.5,
  matched: null,
  arms: { dense: { rank: 1, score: 0.5 }, lexical: null },
};

export const ROUTE: RouteView = {
  id: 'openai/m',
  provider: 'openai',
  dialect: 'openai',
  model: 'm',
  state: 'healthy',
  breaker: 'closed',
  facts: { contextTokens: null, outputTokens: null, can: null, quality: 0.5 },
  limits: null,
  health: {
    calls: 2,
    failed: 0,
    success: 1,
    latencyMs: 120,
    tokensPerS: 50,
    callUsd: 0.001,
    cacheHitShare: null,
    lastProblem: null,
  },
  credentials: [{ id: 'openai#0', disabledFor: null, limitedUntilMs: 0 }],
};

/** Services that hold what they are given, in memory. */
export function fakeServices(given: Partial<ApiDeps> = {}): FakeServices {
  const servers = new Map<string, RegisteredServer>();
  const toolsById = new Map<string, RegisteredTool>([[TOOL.id, TOOL]]);
  const calls: CallToolInput[] = [];
  const temporal = fakeTemporal();
  const services: FakeServices = {
    config: { host: '127.0.0.1', port: 0, apiKey: null },
    batchStore: null as never,
    connection: temporal.connection,
    starts: temporal.starts,
    servers,
    toolsById,
    calls,
    problem: null,
    planProblems: [],
    registry: registryOf(servers, toolsById),
    catalogue: {
      async refreshServer() {
        if (services.problem !== null) throw unavailable(services.problem);
        return { version: 2, added: [TOOL], changed: [], removed: [] };
      },
    },
    connections: {
      async listTools() {
        if (services.problem !== null) throw unavailable(services.problem);
        return { tools: [], era: '2025-11-25', serverInfo: null, instructions: null };
      },
      async disconnect() {},
    },
    logins: {
      start: () => Promise.reject(unavailable('No login here.')),
      finish: () => Promise.reject(unavailable('No login here.')),
      logout: async () => ({ wasLoggedIn: false, revoked: false }),
    },
    rules: fakeRules(),
    ruleSuggestions: {
      list: async () => [],
      accept: (_tenantId, id) => Promise.reject(new ServiceError(FAILURE.notFound, `No "${id}".`)),
      dismiss: (_tenantId, id) => Promise.reject(new ServiceError(FAILURE.notFound, `No "${id}".`)),
    },
    gateway: {
      complete: () => Promise.reject(unavailable('No model here.')),
      embed: () => Promise.reject(unavailable('No model here.')),
      stream: () => {
        throw unavailable('No model here.');
      },
    },
    ...fakeBreakers(),
    providers: {
      list: async () => [ROUTE],
      enable: () => Promise.resolve(true),
      suggest: async () => [SUGGESTION],
      history: async () => [STRETCH],
    },
    index: {
      search: async () => [HIT],
      find: async () => ({ hits: [HIT], confidence: 0.9, fits: true, evidence: null }),
    },
    tools: {
      async call(input) {
        calls.push(input);
        return { isError: false, content: [], structured: { ok: true }, artifact: null };
      },
    },
    plans: {
      async check() {
        if (services.planProblems.length === 0) return { steps: [] } satisfies Plan;
        const error = new ServiceError(FAILURE.planInvalid, 'The plan has problems.');
        throw Object.assign(error, { problems: services.planProblems });
      },
      async explain() {
        return {
          steps: [],
          dropped: ['dead' as StepId],
          depth: 0,
          critical: { steps: [], expectedMs: null },
        };
      },
    },
    artifacts: {
      async get(_tenantId, artifactId) {
        if (artifactId !== 'a1') throw new ServiceError(FAILURE.notFound, 'No such artifact.');
        const body = new TextEncoder().encode('<script>alert(1)</script>');
        const ref = { artifactId, mediaType: 'text/html\r\nx: y', bytes: body.length, sha256: '' };
        return { ref, body };
      },
    },
    ledger: {
      listUnknown: async () => [],
      async resolve(_tenantId, key) {
        throw new ServiceError(FAILURE.conflict, `No call "${key}" is unknown.`);
      },
    },
    metrics: { text: async () => 'up 1\n', contentType: 'text/plain; version=0.0.4' },
    health: { check: async () => [] },
    links: { temporalUi: 'http://127.0.0.1:8233' },
    log: pino({ level: 'silent' }),
    ...given,
  };
  return services;
}

function registryOf(
  servers: Map<string, RegisteredServer>,
  toolsById: Map<string, RegisteredTool>,
): ApiDeps['registry'] {
  const toolOf = (id: ToolId): RegisteredTool => {
    const tool = toolsById.get(id);
    if (tool === undefined) throw new ServiceError(FAILURE.toolNotFound, `No tool "${id}".`);
    return tool;
  };
  const serverOf = (name: string): RegisteredServer => {
    const server = servers.get(name);
    if (server === undefined) throw new ServiceError(FAILURE.notFound, `No server "${name}".`);
    return server;
  };
  return {
    listServers: async () => [...servers.values()],
    getServer: async (_tenantId, name) => serverOf(name),
    async putServer(tenantId, name, definition, trust = 'operator') {
      const server: RegisteredServer = {
        tenantId,
        name: name as ServerName,
        definition,
        trust,
        status: 'unknown',
        problem: null,
        lastSeenMs: null,
        era: null,
        serverInfo: null,
        instructions: null,
        warnings: [],
        toolCount: 0,
        version: 1,
      };
      servers.set(name, server);
      return server;
    },
    async removeServer(_tenantId, name) {
      serverOf(name);
      servers.delete(name);
    },
    listTools: async () => [...toolsById.values()],
    findTool: async (_tenantId, id) => toolsById.get(id) ?? null,
    findToolByModelName: async (_tenantId, name) =>
      [...toolsById.values()].find(({ modelName }) => modelName === name) ?? null,
    async updateTool(_tenantId, id, { effect, ...settings }) {
      const tool = { ...toolOf(id), ...settings, ...(effect ? { effect } : {}) };
      toolsById.set(id, tool);
      return tool;
    },
    async approveTool(_tenantId, id, fingerprint) {
      const tool = toolOf(id);
      if (fingerprint !== undefined && fingerprint !== tool.fingerprint) {
        throw new ServiceError(FAILURE.conflict, 'There is a newer definition.');
      }
      return { ...tool, status: 'active' };
    },
    async removeTool(_tenantId, id) {
      toolOf(id);
      toolsById.delete(id);
    },
    catalogueVersion: async () => 1,
  };
}

/** Composition rules in memory. */
const SUGGESTION = {
  ...{ role: 'worker', isBatch: false, route: 'openai/m', instead: 'openai/n', calls: 3 },
  ...{ costUsd: 2, wouldCostUsd: 1, quality: { now: 0.5, then: 0.5 }, says: 'half the price' },
};
const STRETCH = {
  ...{ atMs: 1, state: 'healthy' as const, calls: 1, failed: 0, latencyMs: 5 },
  ...{ costUsd: 0, lastProblem: null },
};

/** Real breakers of this process; what is set of them is kept in a variable. */
function fakeBreakers(): Pick<ApiDeps, 'breakers' | 'breakerHistory' | 'breakerSettings'> {
  const rows: TransitionRow[] = [];
  let set: { overrides: BreakerOverrides; updatedBy: string } | null = null;
  return {
    breakers: createBreakers({
      store: createLocalBreakerStore({ nowMs: Date.now }),
      settings: () => resolveOverrides('provider', set?.overrides ?? {}),
      onTransition: (target, change) => void rows.unshift(newTransitionRow(target, change)),
      log: pino({ level: 'silent' }),
    }),
    breakerHistory: {
      list: async ({ target, kind: only, sinceMs, limit }) =>
        rows
          .filter(({ kind, name, atMs }) => {
            const isAsked = kind === (only ?? kind) && name === (target?.name ?? name);
            return isAsked && atMs >= sinceMs;
          })
          .slice(0, limit),
    },
    breakerSettings: {
      stored: async () => (set === null ? null : { ...set, updatedAtMs: 1 }),
      async set(_target, overrides, updatedBy) {
        resolveOverrides('provider', overrides);
        set = { overrides, updatedBy };
      },
      async reset() {
        const wasSet = set !== null;
        set = null;
        return wasSet;
      },
    },
  };
}

export function fakeRules(): ApiDeps['rules'] {
  const rules = new Map<string, StoredRule>();
  const of = (name: string): StoredRule => {
    const found = rules.get(name);
    if (found === undefined) throw new ServiceError(FAILURE.notFound, `No rule "${name}".`);
    return found;
  };
  return {
    list: async () => [...rules.values()],
    active: async () => [...rules.values()].map(({ rule }) => rule),
    get: async (_tenantId, name) => of(name),
    async put(_tenantId, rule, source, updatedBy) {
      rules.set(rule.name, { rule, source, updatedBy, updatedAtMs: 1 });
    },
    async remove(_tenantId, name) {
      of(name);
      rules.delete(name);
    },
    async applyFile(_tenantId, written, updatedBy) {
      for (const rule of written) {
        rules.set(rule.name, { rule, source: 'file', updatedBy, updatedAtMs: 1 });
      }
      return [];
    },
  };
}

function unavailable(problem: string): ServiceError {
  return new ServiceError(FAILURE.toolUnavailable, problem);
}
