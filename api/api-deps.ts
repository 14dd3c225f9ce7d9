import type { FastifyBaseLogger } from 'fastify';
import type { OstinatoConnection } from '../client/index.ts';
import type { PlanExplanation } from '../common/optimise/plan-explanation.ts';
import type { Plan } from '../common/plan.ts';
import type { TenantId } from '../common/tenant.ts';
import type { CallToolInput, ToolResult } from '../common/tool.ts';
import type { BatchStore } from '../services/batches/batch-store.ts';
import type { ArtifactStore } from '../services/artifacts/artifact-store.ts';
import type { Breakers } from '../services/breaker/breakers.ts';
import type { BreakerHistory } from '../services/breaker/history/breaker-history.ts';
import type { BreakerSettingsStore } from '../services/breaker/settings/breaker-settings.ts';
import type { Config } from '../services/config.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import type { ProviderView } from '../services/llm/provider-view.ts';
import type { EffectLedger } from '../services/ledger/effect-ledger.ts';
import type { Logins } from '../services/mcp/auth/logins.ts';
import type { McpConnections } from '../services/mcp/mcp-connections.ts';
import type { Catalogue } from '../services/registry/catalogue.ts';
import type { Registry } from '../services/registry/registry.ts';
import type { ToolIndex } from '../services/registry/tool-index.ts';
import type { RuleSuggestions } from '../services/rules/rule-suggestions.ts';
import type { Rules } from '../services/rules/rules.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import type { ToolCallContext } from '../services/tools/tool-caller.ts';
import type { EventStreams } from './event-streams.ts';
import { createEventStreams } from './event-streams.ts';
import type { HealthChecks } from './health/health-component.ts';

/** What the API stands on. Each service is named by the part of it that is used. */
export interface ApiDeps {
  readonly config: Config['http'];
  readonly connection: OstinatoConnection;
  readonly registry: Pick<
    Registry,
    | 'listServers'
    | 'getServer'
    | 'putServer'
    | 'removeServer'
    | 'listTools'
    | 'findTool'
    | 'findToolByModelName'
    | 'updateTool'
    | 'approveTool'
    | 'removeTool'
    | 'catalogueVersion'
  >;
  readonly catalogue: Pick<Catalogue, 'refreshServer'>;
  readonly connections: Pick<McpConnections, 'listTools' | 'disconnect'>;
  readonly logins: Logins;
  readonly index: Pick<ToolIndex, 'search' | 'find'>;
  readonly tools: ApiToolCaller;
  /** Throws `Plan.Invalid`; its `problems`, where it has them, become the answer's. */
  readonly plans: {
    check(tenantId: TenantId, written: unknown): Promise<Plan>;
    explain(tenantId: TenantId, written: unknown): Promise<PlanExplanation>;
  };
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly gateway: Pick<LlmGateway, 'complete' | 'stream' | 'embed'>;
  readonly providers: ProviderView;
  readonly batchStore: BatchStore;
  readonly breakers: Pick<Breakers, 'state' | 'hold' | 'release'>;
  readonly breakerHistory: Pick<BreakerHistory, 'list'>;
  readonly breakerSettings: Pick<BreakerSettingsStore, 'stored' | 'set' | 'reset'>;
  readonly rules: Pick<Rules, 'list' | 'active' | 'get' | 'put' | 'remove' | 'applyFile'>;
  readonly ruleSuggestions: RuleSuggestions;
  readonly ledger: Pick<EffectLedger, 'listUnknown' | 'resolve'>;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Side channels of runs. @default none: event streams show the progress alone */
  readonly live?: Pick<LiveStreams, 'open'>;
  readonly health: HealthChecks;
  /** Where people look: `temporalUi` is the Web UI's address, `null` where there is none. */
  readonly links: { readonly temporalUi: string | null };
  readonly log: FastifyBaseLogger;
  readonly options?: Partial<ApiOptions>;
}

export interface ApiToolCaller {
  call(
    input: CallToolInput,
    context: Pick<ToolCallContext, 'signal' | 'attempt' | 'onProgress'>,
  ): Promise<ToolResult>;
}

export interface ApiOptions {
  /** Largest request body, bytes. @default 1 MiB */
  readonly bodyLimitBytes: number;
  /**
   * Whether callers on this machine may register stdio servers, which are commands that the process
   * then runs. Only for a process that serves one person (`ostinato dev`). @default false
   */
  readonly allowStdioServers: boolean;
  /**
   * Time for a request to arrive as a whole, and for a part of a file of lines, ms.
   * @default 30000
   */
  readonly arrivalTimeoutMs: number;
  /** Event streams open at once; more are answered 429. @default 200 */
  readonly maxEventStreams: number;
  /** Silence after which an event stream sends a comment, ms. @default 15000 */
  readonly heartbeatMs: number;
}

const DEFAULT_OPTIONS: ApiOptions = {
  bodyLimitBytes: 1024 * 1024,
  arrivalTimeoutMs: 30_000,
  allowStdioServers: false,
  maxEventStreams: 200,
  heartbeatMs: 15_000,
};

export interface ResolvedApiDeps extends ApiDeps {
  readonly options: ApiOptions;
  readonly eventStreams: EventStreams;
  /** Raised when the server closes: what streams ends. */
  readonly closing: AbortSignal;
}

export function resolveDeps(deps: ApiDeps, closing: AbortSignal): ResolvedApiDeps {
  const options = { ...DEFAULT_OPTIONS, ...deps.options };
  return { ...deps, options, eventStreams: createEventStreams({ ...options, closing }), closing };
}
