import type { Logger } from 'pino';
import type { ActivityDeps } from '../activities/index.ts';
import type { ArtifactStore } from '../services/artifacts/artifact-store.ts';
import { createArtifactStore } from '../services/artifacts/artifact-store.ts';
import type { BatchStore } from '../services/batches/batch-store.ts';
import { openBatches } from '../services/batches/open-batches.ts';
import { createResultKeeper } from '../services/artifacts/result-keeper.ts';
import type { OpenBreakers } from '../services/breaker/open-breakers.ts';
import type { BreakerHistory } from '../services/breaker/history/breaker-history.ts';
import type { BreakerSettingsStore } from '../services/breaker/settings/breaker-settings.ts';
import { openConfigFile } from '../services/config-file.ts';
import type { Config } from '../services/config.ts';
import { createConversationStore } from '../services/conversations/conversation-store.ts';
import type { Database } from '../services/database/database.ts';
import { openDatabase } from '../services/database/open-database.ts';
import type { EffectLedger } from '../services/ledger/effect-ledger.ts';
import { createEffectLedger } from '../services/ledger/effect-ledger.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import { createUsageLog } from '../services/llm/usage/usage-log.ts';
import type { McpConnections } from '../services/mcp/connections.ts';
import type { Logins } from '../services/mcp/auth/logins.ts';
import { createModelPlanner } from '../services/planner/model-planner.ts';
import { openCallLimiter } from '../services/limits/open-call-limiter.ts';
import { limitsOf, readLimitsFile } from '../services/limits/limits-file.ts';
import { createOfflinePlanner } from '../services/planner/offline-planner.ts';
import type { PlanChecker } from '../services/planner/plan-checker.ts';
import { createPlanChecker } from '../services/planner/plan-checker.ts';
import type { Catalogue } from '../services/registry/catalogue.ts';
import { createCatalogue } from '../services/registry/catalogue.ts';
import { recentLookups } from '../services/registry/recent-lookups.ts';
import type { Registry } from '../services/registry/registry.ts';
import { createRegistry } from '../services/registry/registry.ts';
import type { ToolIndex } from '../services/registry/tool-index.ts';
import type { RuleSuggestions } from '../services/rules/rule-suggestions.ts';
import { createRuleSuggestions } from '../services/rules/rule-suggestions.ts';
import type { Rules } from '../services/rules/rules.ts';
import { createRules } from '../services/rules/rules.ts';
import { createSchemaValidator } from '../services/schema/schema-validator.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';
import { createMetrics } from '../services/telemetry/metrics.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import { openStreams } from '../services/streams/open-streams.ts';
import { openToolDurations } from '../services/tools/kept-durations.ts';
import type { OpenCalls } from '../services/tools/open-calls.ts';
import { openCalls } from '../services/tools/open-calls.ts';
import type { ToolCaller, ToolCallerDeps } from '../services/tools/tool-caller.ts';
import { createArgumentChecker } from '../services/tools/argument-checker.ts';
import type { KnownAnswers } from '../services/tools/known-answers.ts';
import { createKnownAnswers } from '../services/tools/known-answers.ts';
import { createStaleResults } from '../services/tools/stale-results.ts';
import { createToolCaller } from '../services/tools/tool-caller.ts';
import { openBreakerParts } from './open-breaker-parts.ts';
import { openDecomposer } from './open-decomposer.ts';
import { openMcp } from './open-mcp.ts';
import { openModels } from './open-models.ts';
import { openResultCache } from './open-result-cache.ts';
import { openToolIndex } from './open-tool-index.ts';

/** Everything a worker or the API uses, made once. */
export interface Services extends ActivityDeps, OpenCalls {
  readonly artifacts: ArtifactStore;
  readonly batchStore: BatchStore;
  readonly breakers: OpenBreakers;
  readonly breakerHistory: BreakerHistory;
  readonly breakerSettings: BreakerSettingsStore;
  readonly catalogue: Catalogue;
  readonly connections: McpConnections;
  readonly database: Database;
  readonly gateway: LlmGateway;
  readonly index: ToolIndex;
  readonly ledger: EffectLedger;
  readonly live: LiveStreams;
  readonly logins: Logins;
  readonly metrics: Metrics;
  readonly known: KnownAnswers;
  readonly plans: PlanChecker;
  readonly registry: Registry;
  readonly rules: Rules;
  readonly ruleSuggestions: RuleSuggestions;
  readonly tools: ToolCaller;
  /** Reads the files of providers, breakers and limits again. Never throws: the log says what changed. */
  reload(): Promise<void>;
  /** Closes all of it, in the order that loses nothing. */
  close(): Promise<void>;
}

export interface AssembleOptions {
  readonly config: Config;
  /** For `${NAME}` in server definitions, and for what providers are configured. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** For tests of crashes. @default none */
  readonly failpoint?: NonNullable<ToolCallerDeps['failpoint']>;
}

/** Reads the configuration's choices and builds every service. Nothing else calls a constructor. */
export async function assemble({ failpoint, ...options }: AssembleOptions): Promise<Services> {
  const { log } = options;
  const { models, search, resultCache, validator, ...parts } = await openParts(options);
  const { metrics, database, breakers, registry, recent, connections, durations } = parts;
  const { gateway, windowTokens, goalAnswers } = models;
  const context = { ...options.config.context, windowTokens };
  const { index } = search;
  const artifacts = createArtifactStore(database);
  const conversations = createConversationStore(database);
  const ledger = createEffectLedger(database);
  const { breakerSettings, limitsFile } = parts;
  const stale = createStaleResults({
    ...{ registry: recent, artifacts, validator, last: resultCache.last },
    staleMs: async (tenantId, name) =>
      (await breakerSettings.of({ tenantId, kind: 'mcp', name })).staleMs,
  });
  const tools = createToolCaller({
    registry: recent,
    connections,
    artifacts,
    ledger,
    validator,
    stale,
    cache: resultCache.cache,
    limiter: parts.limiter,
    tenantLimits: (tenantId) => limitsOf(limitsFile.value(), tenantId),
    metrics,
    durations,
    log: log.child({ part: 'tools' }),
    ...(failpoint === undefined ? {} : { failpoint }),
  });
  const rules = createRules({ db: database.db, log: log.child({ part: 'rules' }) });
  const guarded = openCalls({ rules, registry: recent, tools, ledger, stale, ...breakers, log });
  const checking = { validator, durations, rules };
  const known = createKnownAnswers({ registry: recent, cache: resultCache.cache, metrics });
  const plans = createPlanChecker({ registry: { ...registry, ...recent }, known, ...checking });
  const planning = { index, registry, conversations, ...checking, log };
  return {
    ...parts,
    ...guarded,
    ...openBatches({ ...options.config, database, plans, tools: guarded.calls }),
    arguments: createArgumentChecker({ registry: recent, artifacts, validator }),
    results: createResultKeeper(artifacts),
    artifacts,
    conversations,
    gateway,
    async reload() {
      await Promise.all([models.reload(), parts.breakersFile.reload(), limitsFile.reload()]);
    },
    index,
    ledger,
    metrics,
    known,
    plans,
    planner:
      gateway.configured() === null
        ? createOfflinePlanner(planning)
        : createModelPlanner({
            ...planning,
            ...guarded,
            ...{ gateway, goalAnswers, artifacts, context, metrics },
            decomposer: openDecomposer({ ...options, gateway, metrics }),
          }),
    rules,
    ruleSuggestions: createRuleSuggestions({ ...database, rules, registry, index, log }),
    tools,
  };
}

/** The parts that hold something open: connections, files, threads. */
async function openParts({ config, env, log }: Omit<AssembleOptions, 'failpoint'>) {
  const metrics = createMetrics();
  const database = await openDatabase(config.database);
  const registry = createRegistry(database);
  const recent = recentLookups(registry);
  const { breakers, breakerHistory, breakerSettings, breakersFile } = await openBreakerParts({
    ...{ config, database, metrics },
    registry: recent,
    log: log.child({ part: 'breaker' }),
  });
  const validator = createSchemaValidator();
  const { connections, logins } = openMcp({
    ...{ config, env, database, breakers: breakers.breakers },
    log: log.child({ part: 'mcp' }),
  });
  const usage = createUsageLog({ db: database.db, log: log.child({ part: 'llm' }) });
  const models = await openModels({ config, env, metrics, validator, usage, ...breakers, log });
  const search = openToolIndex({
    config,
    metrics,
    gateway: models.gateway,
    database,
    registry,
    log,
  });
  const catalogue = createCatalogue({
    registry,
    connections,
    index: search.index,
    log: log.child({ part: 'catalogue' }),
  });
  const live = openStreams({ redisUrl: config.redisUrl, log: log.child({ part: 'live' }) });
  const resultCache = await openResultCache(config.redisUrl, metrics, log.child({ part: 'cache' }));
  const limiter = openCallLimiter({
    redisUrl: config.redisUrl,
    log: log.child({ part: 'limits' }),
  });
  const limitsFile = await openConfigFile({
    ...{ what: 'the limits file', path: config.limitsFile, log },
    read: () => readLimitsFile(config.limitsFile),
  });
  const durations = await openToolDurations(database, log.child({ part: 'durations' }));
  const open = {
    catalogue,
    live,
    connections,
    search,
    validator,
    breakersFile,
    breakers,
    breakerHistory,
    resultCache,
    limiter,
    limitsFile,
    models,
    durations,
    usage,
    database,
  };
  /** One after the other: what uses a part is closed before it. */
  const close = async (): Promise<void> => {
    for (const part of Object.values(open)) await part.close();
  };
  return { ...open, logins, breakerSettings, metrics, registry, recent, close };
}
