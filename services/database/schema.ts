import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { BatchSettings, BatchSource, BatchWork } from '../../common/batch.ts';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { JsonObject } from '../../common/json.ts';
import type { LlmMessage } from '../../common/llm.ts';
import type { Plan } from '../../common/plan.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { EffectClass, ServerName, ToolId, ToolResult } from '../../common/tool.ts';
import type { BreakerOverrides } from '../breaker/settings/breaker-overrides.ts';
import type { AskedAccess } from '../mcp/auth/asked-access.ts';
import type { ServerDefinition, ServerTrust } from '../registry/server-definition.ts';

/*
 * Every table has the tenant first in its primary key and in every index.
 *
 * JSON is `json`, not `jsonb`: jsonb reorders keys, which changes how a schema reads to a model, and
 * refuses the character U+0000, which tools do answer. Times are ms since the epoch.
 */

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
});

const tenantId = () => text('tenant_id').$type<TenantId>().notNull();
const timeMs = (name: string) => bigint(name, { mode: 'number' });

export const artifacts = pgTable(
  'artifacts',
  {
    tenantId: tenantId(),
    artifactId: text('artifact_id').notNull(),
    mediaType: text('media_type').notNull(),
    bytes: integer('bytes').notNull(),
    sha256: text('sha256').notNull(),
    body: bytes('body').notNull(),
    createdAtMs: timeMs('created_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.artifactId] })],
);

/** One row for each append. Since `base_version` is in the key, appends form one chain and never fork. */
export const conversationAppends = pgTable(
  'conversation_appends',
  {
    tenantId: tenantId(),
    conversationId: text('conversation_id').notNull(),
    baseVersion: integer('base_version').notNull(),
    headVersion: integer('head_version').notNull(),
    /** SHA-256 of the messages as canonical JSON: tells a repeat from a conflict. */
    digest: text('digest').notNull(),
    messages: json('messages').$type<readonly LlmMessage[]>().notNull(),
    createdAtMs: timeMs('created_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.conversationId, table.baseVersion] }),
    uniqueIndex('conversation_appends_by_head').on(
      table.tenantId,
      table.conversationId,
      table.headVersion,
    ),
  ],
);

/** One row for each tenant: its catalogue's version, and the lock under which the catalogue changes. */
export const catalogues = pgTable(
  'catalogues',
  { tenantId: tenantId(), version: integer('version').notNull() },
  (table) => [primaryKey({ columns: [table.tenantId] })],
);

export const servers = pgTable(
  'servers',
  {
    tenantId: tenantId(),
    name: text('name').$type<ServerName>().notNull(),
    definition: json('definition').$type<ServerDefinition>().notNull(),
    trust: text('trust').$type<ServerTrust>().notNull().default('operator'),
    /** What the last contact showed; `disabled` is in the definition. */
    health: text('health').$type<'unknown' | 'ready' | 'unreachable'>().notNull(),
    problem: text('problem'),
    lastSeenMs: timeMs('last_seen_ms'),
    era: text('era'),
    serverInfo: json('server_info').$type<{ readonly name: string; readonly version: string }>(),
    instructions: text('instructions'),
    warnings: json('warnings').$type<readonly string[]>().notNull(),
    version: integer('version').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name] })],
);

/** What a server lets a tenant in by, once a person logged in. */
export const serverGrants = pgTable(
  'server_grants',
  {
    tenantId: tenantId(),
    server: text('server').$type<ServerName>().notNull(),
    /** Tokens and the client they were given to, encrypted; `null`: nobody logged in. */
    sealed: bytes('sealed'),
    /** What the server asked for when it refused a call last. */
    asked: json('asked').$type<AskedAccess>(),
    /** Grows with each change of `sealed`. */
    version: integer('version').notNull(),
    /** Until then one worker alone renews the tokens. */
    leasedUntilMs: timeMs('leased_until_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.server] })],
);

export const tools = pgTable(
  'tools',
  {
    tenantId: tenantId(),
    id: text('id').$type<ToolId>().notNull(),
    server: text('server').$type<ServerName>().notNull(),
    name: text('name').notNull(),
    modelName: text('model_name').notNull(),
    title: text('title'),
    description: text('description').notNull(),
    inputSchema: json('input_schema').$type<JsonObject>().notNull(),
    outputSchema: json('output_schema').$type<JsonObject>(),
    annotations: json('annotations').$type<JsonObject>(),
    fingerprint: text('fingerprint').notNull(),
    /** Another one in `fingerprint` means: changed, and waiting for approval. */
    approvedFingerprint: text('approved_fingerprint').notNull(),
    enabled: boolean('enabled').notNull(),
    /** No longer on the server's list. */
    gone: boolean('gone').notNull(),
    /** Removed by an operator; stays away when the server lists it again. */
    removed: boolean('removed').notNull(),
    /** The admin's word; null where the admin said nothing. */
    effect: text('effect').$type<EffectClass>(),
    tags: json('tags').$type<readonly string[]>().notNull(),
    warnings: json('warnings').$type<readonly string[]>().notNull(),
    lastSeenMs: timeMs('last_seen_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('tools_by_model_name').on(table.tenantId, table.modelName),
    index('tools_by_server').on(table.tenantId, table.server),
  ],
);

/** Names once given to models. Kept when the tool is gone: an old name never means another tool. */
export const modelNames = pgTable(
  'model_names',
  {
    tenantId: tenantId(),
    modelName: text('model_name').notNull(),
    toolId: text('tool_id').$type<ToolId>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.modelName] }),
    uniqueIndex('model_names_by_tool').on(table.tenantId, table.toolId),
  ],
);

/** The effect ledger: one row for each call that may change the world. */
export const effects = pgTable(
  'effects',
  {
    tenantId: tenantId(),
    /** The idempotency key of the step: the same for every attempt. */
    key: text('key').notNull(),
    effect: text('effect').$type<EffectClass>().notNull(),
    tool: text('tool').$type<ToolId>().notNull(),
    fingerprint: text('fingerprint'),
    argsDigest: text('args_digest').notNull(),
    state: text('state').$type<'INTENT' | 'SENT' | 'DONE' | 'NOT_SENT' | 'UNKNOWN'>().notNull(),
    /** Grows with every attempt; a writer with an older one is refused. */
    fence: integer('fence').notNull(),
    result: json('result').$type<ToolResult>(),
    reason: text('reason'),
    createdAtMs: timeMs('created_at_ms').notNull(),
    updatedAtMs: timeMs('updated_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.key] }),
    index('effects_by_state').on(table.tenantId, table.state, table.updatedAtMs),
  ],
);

/** One row for each batch. Its items are in `batch_items`. */
export const batches = pgTable(
  'batches',
  {
    tenantId: tenantId(),
    batchId: text('batch_id').notNull(),
    work: json('work').$type<BatchWork>().notNull(),
    source: json('source').$type<BatchSource>().notNull(),
    settings: json('settings').$type<BatchSettings>().notNull(),
    /** Digest of the request: tells the same start twice from another start under one id. */
    request: text('request').notNull(),
    /** `collecting`: its items are not all there yet. */
    state: text('state')
      .$type<'collecting' | 'running' | 'completed' | 'partial' | 'failed' | 'cancelled'>()
      .notNull(),
    mode: text('mode').$type<'light' | 'runs'>(),
    /** The template as it was checked, with references to the item in it. */
    plan: json('plan').$type<Plan>(),
    total: integer('total'),
    round: integer('round').notNull(),
    reason: text('reason'),
    createdAtMs: timeMs('created_at_ms').notNull(),
    endedAtMs: timeMs('ended_at_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.batchId] }),
    index('batches_by_time').on(table.tenantId, table.createdAtMs),
  ],
);

export const batchItems = pgTable(
  'batch_items',
  {
    tenantId: tenantId(),
    batchId: text('batch_id').notNull(),
    index: integer('index').notNull(),
    /** Line of the file, from 1. */
    line: integer('line').notNull(),
    /** The line's JSON as it was given. */
    item: text('item').notNull(),
    state: text('state').$type<'waiting' | 'done' | 'failed' | 'cancelled'>().notNull(),
    /** A failure type, `BadItem` or `failed`. */
    problemType: text('problem_type'),
    problem: text('problem'),
    result: json('result').$type<JsonObject>(),
    /** How often each step was begun anew on purpose; a step that is absent: once. */
    epochs: json('epochs').$type<Readonly<Record<string, number>>>().notNull(),
    /** The newest attempt that wrote; older ones are refused. */
    fence: bigint('fence', { mode: 'number' }).notNull(),
    startedAtMs: timeMs('started_at_ms'),
    endedAtMs: timeMs('ended_at_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.batchId, table.index] }),
    index('batch_items_by_state').on(table.tenantId, table.batchId, table.state, table.index),
  ],
);

/** What operators have said of tools that are used together. */
export const compositionRules = pgTable(
  'composition_rules',
  {
    tenantId: tenantId(),
    name: text('name').notNull(),
    rule: json('rule').$type<CompositionRule>().notNull(),
    /** Who wrote it down: a rules file rules over its own rules only. */
    source: text('source').$type<'operator' | 'file' | 'suggestion'>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAtMs: timeMs('updated_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name] })],
);

/** What operators have set of single breakers. */
export const breakerSettings = pgTable(
  'breaker_settings',
  {
    tenantId: tenantId(),
    kind: text('kind').$type<'provider' | 'mcp' | 'tool'>().notNull(),
    name: text('name').notNull(),
    overrides: json('overrides').$type<BreakerOverrides>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAtMs: timeMs('updated_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.kind, table.name] })],
);

/** How breakers went from phase to phase. */
export const breakerTransitions = pgTable(
  'breaker_transitions',
  {
    tenantId: tenantId(),
    kind: text('kind').$type<'provider' | 'mcp' | 'tool'>().notNull(),
    name: text('name').notNull(),
    atMs: timeMs('at_ms').notNull(),
    from: text('from_phase').$type<BreakerPhase>().notNull(),
    to: text('to_phase').$type<BreakerPhase>().notNull(),
    reason: text('reason').notNull(),
    /** The operator; `null`: the law. */
    by: text('by_actor'),
    isDryRun: boolean('is_dry_run').notNull(),
    /** To or from a probe: there are many of them. */
    isProbe: boolean('is_probe').notNull(),
    /** The process that judged alone; `null`: all together did. */
    process: text('process'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.name, table.atMs, table.to] }),
    index('breaker_transitions_by_time').on(table.tenantId, table.atMs),
  ],
);

/** Suggested rules that an operator does not want: they are not suggested again. */
export const dismissedSuggestions = pgTable(
  'dismissed_suggestions',
  {
    tenantId: tenantId(),
    suggestionId: text('suggestion_id').notNull(),
    rule: json('rule').$type<CompositionRule>().notNull(),
    dismissedBy: text('dismissed_by').notNull(),
    dismissedAtMs: timeMs('dismissed_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.suggestionId] })],
);

/** Example requests that a model wrote for a tool's definition, for search alone. */
export const toolExpansions = pgTable(
  'tool_expansions',
  {
    tenantId: tenantId(),
    fingerprint: text('fingerprint').notNull(),
    state: text('state').$type<'writing' | 'done' | 'failed'>().notNull(),
    requests: json('requests').$type<readonly string[]>().notNull(),
    /** Times that writing was begun. */
    attempts: integer('attempts').notNull(),
    inputTokens: integer('input_tokens'),
    outputTokens: integer('output_tokens'),
    costUsd: doublePrecision('cost_usd'),
    updatedAtMs: timeMs('updated_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.fingerprint] })],
);

/** What calls of each tool have taken of late: orders starts, and may be lost. */
export const toolDurations = pgTable(
  'tool_durations',
  {
    tenantId: tenantId(),
    tool: text('tool').$type<ToolId>().notNull(),
    meanMs: integer('mean_ms').notNull(),
    updatedAtMs: timeMs('updated_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.tool] })],
);

/** Model calls of each route, in stretches of five minutes: what they were, used and cost. */
export const modelUsage = pgTable(
  'model_usage',
  {
    tenantId: tenantId(),
    /** Start of the stretch. */
    atMs: timeMs('at_ms').notNull(),
    /** `provider/model` at that time. */
    route: text('route').notNull(),
    role: text('role').notNull(),
    /** What the calls needed, in order, with commas: `json-schema,tools`. */
    needs: text('needs').notNull(),
    isBatch: boolean('is_batch').notNull(),
    calls: integer('calls').notNull(),
    failed: integer('failed').notNull(),
    latencySumMs: doublePrecision('latency_sum_ms').notNull(),
    inputTokens: doublePrecision('input_tokens').notNull(),
    cacheReadTokens: doublePrecision('cache_read_tokens').notNull(),
    cacheWriteTokens: doublePrecision('cache_write_tokens').notNull(),
    outputTokens: doublePrecision('output_tokens').notNull(),
    costUsd: doublePrecision('cost_usd').notNull(),
    /** Served calls whose cost nobody knows. */
    unpriced: integer('unpriced').notNull(),
    /** Longest prompt and answer together. */
    maxTokens: integer('max_tokens').notNull(),
    lastProblem: text('last_problem'),
  },
  (table) => [
    primaryKey({
      columns: [table.tenantId, table.atMs, table.route, table.role, table.needs, table.isBatch],
    }),
    index('model_usage_by_route').on(table.tenantId, table.route, table.atMs),
  ],
);
