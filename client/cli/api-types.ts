import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
import type { JsonObject } from '../../common/json.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import type { RuleSuggestion } from '../../common/rules/suggest/rule-suggestion.ts';
import type { EffectClass } from '../../common/tool.ts';

/** The API's answers, as far as commands read them; `--json` prints them whole. */
export interface ServerAnswer {
  readonly name: string;
  readonly definition: {
    readonly transport:
      | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[] }
      | { readonly kind: 'http' | 'sse' | 'websocket'; readonly url: string };
    readonly enabled: boolean;
  };
  readonly status: 'unknown' | 'ready' | 'unreachable' | 'disabled';
  readonly problem: string | null;
  readonly toolCount: number;
}

export interface RefreshAnswer {
  readonly ok: boolean;
  readonly problem: string | null;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface RegisteredAnswer {
  readonly server: ServerAnswer;
  readonly refresh: RefreshAnswer | null;
}

export interface ServerTestAnswer {
  readonly ok: boolean;
  readonly problem: string | null;
  readonly durationMs: number;
  readonly era: string | null;
  readonly serverInfo: { readonly name: string; readonly version: string } | null;
  readonly tools: readonly string[];
}

export interface LoginStartedAnswer {
  readonly authorizationUrl: string;
  readonly login: string;
  readonly expiresAtMs: number;
}

export interface LoginFinishedAnswer {
  readonly issuer: string;
  readonly scope: string | null;
  readonly renews: boolean;
  readonly expiresAtMs: number | null;
  readonly refresh: RefreshAnswer;
}

export interface ToolAnswer {
  readonly id: string;
  readonly description: string;
  readonly title: string | null;
  readonly inputSchema: JsonObject;
  readonly effect: EffectClass;
  readonly enabled: boolean;
  readonly status: 'active' | 'changed' | 'gone';
  readonly tags: readonly string[];
  /** What to look at before trusting it. */
  readonly warnings: readonly string[];
}

export interface SearchHitAnswer {
  readonly tool: ToolAnswer;
  readonly score: number;
  /** The step of the request that it serves; `null`: the whole. */
  readonly matched: string | null;
  readonly arms: Readonly<
    Record<'dense' | 'lexical', { readonly rank: number; readonly score: number } | null>
  >;
}

export interface SearchAnswer {
  readonly fits: boolean;
  readonly confidence: number;
  readonly evidence: Readonly<
    Record<'nearest' | 'lead' | 'covered' | 'coveredByBest', number>
  > | null;
  readonly hits: readonly SearchHitAnswer[];
}

export interface PlanAnswer {
  readonly steps: readonly {
    readonly id: string;
    readonly tool: string;
    readonly waits: readonly {
      readonly for: string;
      readonly reason: string;
      readonly detail: string;
    }[];
    readonly sameAs: string | null;
    readonly cached?: true;
    readonly partOf?: string;
    readonly callsFor?: readonly string[];
    readonly batch?: { readonly tool: string; readonly maxItems: number };
    readonly round: number;
    readonly fallback?: string;
    readonly plan?: PlanAnswer;
  }[];
  readonly dropped: readonly string[];
  readonly depth: number;
  readonly critical: { readonly steps: readonly string[]; readonly expectedMs: number | null };
}

/** A change of a breaker. */
export interface TransitionAnswer extends BreakerTransition {
  readonly kind: string;
  readonly name: string;
}

export interface BreakerAnswer {
  readonly kind: string;
  readonly name: string;
  readonly state: 'closed' | 'deconstructed' | 'open' | 'recovering';
  readonly phase: BreakerPhase;
  /** Share of calls let through, 0 to 1. */
  readonly admit: number;
  readonly reason: string;
  readonly heldBy: string | null;
  /** Calls sent another way of late, or that would have been in a dry run. */
  readonly diverted: number;
  readonly settings: Readonly<Record<string, unknown>> & {
    readonly preset: string;
    readonly mode: 'enforce' | 'dry-run';
  };
  readonly changed: {
    readonly overrides: Readonly<Record<string, unknown>>;
    readonly updatedBy: string;
    readonly updatedAtMs: number;
  } | null;
}

export interface RuleAnswer {
  readonly rule: CompositionRule;
  /** The rule in a sentence. */
  readonly says: string;
  readonly source: 'operator' | 'file' | 'suggestion';
  readonly updatedBy: string;
}

export interface SuggestionAnswer extends RuleSuggestion {
  /** The rule in a sentence. */
  readonly says: string;
}

export interface HealthAnswer {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly components: readonly {
    readonly name: string;
    readonly state: 'ok' | 'degraded' | 'down' | 'off';
    readonly needed: boolean;
    readonly detail: string | null;
    readonly problem: string | null;
    readonly remedy: string | null;
  }[];
}

export interface RouteAnswer {
  readonly id: string;
  readonly provider: string;
  readonly state: 'healthy' | 'degraded' | 'open' | 'no-key';
  readonly health: {
    readonly calls: number;
    readonly failed: number;
    readonly latencyMs: number | null;
    readonly callUsd: number | null;
    readonly lastProblem: { readonly message: string } | null;
  };
  readonly credentials: readonly { readonly disabledFor: string | null }[];
}

export interface BatchSummaryAnswer {
  readonly batchId: string;
  readonly summary: string;
  readonly state: 'collecting' | 'running' | 'completed' | 'partial' | 'failed' | 'cancelled';
  readonly mode: 'light' | 'runs' | null;
  readonly total: number | null;
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

export interface BatchAnswer extends BatchSummaryAnswer {
  readonly counts: {
    readonly waiting: number;
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly problems: readonly {
    readonly type: string;
    readonly items: number;
    readonly firstIndex: number;
    readonly example: string;
  }[];
  readonly links: { readonly self: string; readonly temporalUi: string | null };
}

export interface SuggestionAnswer {
  readonly route: string;
  readonly instead: string;
  readonly says: string;
}

export interface RouteHealthAnswer {
  readonly route: RouteAnswer;
  /** Newest first. */
  readonly transitions: readonly TransitionAnswer[];
  /** Stretches of five minutes, oldest first. */
  readonly history: readonly {
    readonly atMs: number;
    readonly state: 'healthy' | 'degraded' | 'failing';
    readonly calls: number;
    readonly failed: number;
    readonly latencyMs: number;
    readonly costUsd: number;
    readonly lastProblem: string | null;
  }[];
}
