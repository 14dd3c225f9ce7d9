import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ContextUse } from '../../common/context-use.ts';
import type { LlmUsage } from '../../common/llm.ts';

/**
 * What the process counts, for Prometheus. No label holds a tenant, an id or a text from outside:
 * every label has few values, so that the number of series stays bounded.
 */
export interface Metrics {
  cacheHit(cache: string): void;
  cacheMiss(cache: string): void;
  /** What else a shared layer meets: a `wait` for another's load, an `error`, a `damaged` entry. */
  cacheEvent(cache: string, event: 'wait' | 'error' | 'damaged'): void;
  cacheSize(cache: string, size: { readonly entries: number; readonly bytes: number }): void;
  /** `outcome`: `ok`, `error` (the tool said no), `cached`, or the failure type. */
  toolCall(call: {
    readonly server: string;
    readonly outcome: string;
    readonly durationMs: number;
  }): void;
  /** `outcome`: `ok` or the failure type. Unknown tokens and cost (`null`) are not counted. */
  llmCall(call: {
    readonly provider: string;
    readonly model: string;
    readonly outcome: string;
    readonly durationMs: number;
    readonly usage: LlmUsage | null;
  }): void;
  /** A route or key that a call passed over; `why`: `skipped` or the failure type. */
  llmSwitch(passed: {
    readonly provider: string;
    readonly model: string;
    readonly why: string;
  }): void;
  /** A key that is out of use until a person enables it: once over all workers. */
  llmKeyDisabled(disabled: { readonly provider: string; readonly why: string }): void;
  /** Share of a route's newest calls that came through, 0 to 1. */
  routeSuccess(route: { readonly provider: string; readonly model: string }, share: number): void;
  /** What a breaker said to a call. `kind`: `mcp`, `provider`; `would-divert`: in a dry run. */
  breakerDecision(kind: string, decision: string): void;
  /** A breaker went to another phase: once over all workers. */
  breakerTransition(kind: string, to: string): void;
  /** How many breakers are in which phase; read when the series are asked for. */
  breakerPhases(
    read: () => readonly {
      readonly kind: string;
      readonly phase: string;
      readonly breakers: number;
    }[],
  ): void;
  search(search: { readonly durationMs: number }): void;
  /** Entries of the tool index, by implementation (`faiss`, `exact`). */
  indexSize(index: string, entries: number): void;
  /** An attempt of an activity that ended. `outcome`: `ok` or the failure type. */
  activity(activity: {
    readonly type: string;
    readonly outcome: string;
    readonly durationMs: number;
  }): void;
  /** What optimising the context of a turn's model calls sent, spared and summarised. */
  contextUse(use: ContextUse): void;
  runStarted(workflow: string): void;
  runEnded(workflow: string, outcome: string): void;
  /** All series in Prometheus' text format, to be served as `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
}

const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/**
 * Between two looks at how late the event loop is; each wakes the process up. At the usual 10 ms an
 * idle process took 0.9 % of a core. What `nodejs_eventloop_lag_…` says has this much in it.
 */
const LOOP_SAMPLE_MS = 100;
const SEARCH_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** A registry of its own: two in one process (in tests) do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  return {
    ...cacheMetrics(registry),
    ...callMetrics(registry),
    ...breakerMetrics(registry),
    ...modelMetrics(registry),
    ...providerMetrics(registry),
    ...searchMetrics(registry),
    ...contextMetrics(registry),
    ...runMetrics(registry),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function cacheMetrics(
  registry: Registry,
): Pick<Metrics, 'cacheHit' | 'cacheMiss' | 'cacheEvent' | 'cacheSize'> {
  const requests = new Counter({
    name: 'ostinato_cache_requests_total',
    help: 'Look-ups in a cache, by whether the value was there.',
    labelNames: ['cache', 'result'],
    registers: [registry],
  });
  const events = new Counter({
    name: 'ostinato_cache_events_total',
    help: 'What a shared layer of a cache met beside hits and misses.',
    labelNames: ['cache', 'event'],
    registers: [registry],
  });
  const entries = new Gauge({
    name: 'ostinato_cache_entries',
    help: 'Values a cache holds.',
    labelNames: ['cache'],
    registers: [registry],
  });
  const bytes = new Gauge({
    name: 'ostinato_cache_bytes',
    help: 'Estimated size of the values a cache holds.',
    labelNames: ['cache'],
    registers: [registry],
  });
  return {
    cacheHit: (cache) => requests.inc({ cache, result: 'hit' }),
    cacheMiss: (cache) => requests.inc({ cache, result: 'miss' }),
    cacheEvent: (cache, event) => events.inc({ cache, event }),
    cacheSize(cache, size) {
      entries.set({ cache }, size.entries);
      bytes.set({ cache }, size.bytes);
    },
  };
}

function callMetrics(registry: Registry): Pick<Metrics, 'toolCall' | 'activity'> {
  const tools = duration(registry, 'tool_call', 'Tool calls', ['server', 'outcome']);
  const activities = duration(registry, 'activity', 'Attempts of activities', ['type', 'outcome']);
  return {
    toolCall({ server, outcome, durationMs }) {
      tools.observe({ server, outcome }, durationMs / 1000);
    },
    activity({ type, outcome, durationMs }) {
      activities.observe({ type, outcome }, durationMs / 1000);
    },
  };
}

function breakerMetrics(
  registry: Registry,
): Pick<Metrics, 'breakerDecision' | 'breakerTransition' | 'breakerPhases'> {
  const decisions = new Counter({
    name: 'ostinato_breaker_decisions_total',
    help: 'What breakers said to calls: admitted, probe, diverted, would-divert (in a dry run).',
    labelNames: ['kind', 'decision'],
    registers: [registry],
  });
  const transitions = new Counter({
    name: 'ostinato_breaker_transitions_total',
    help: 'Changes of breakers, by the phase that they went to. Each once over all workers.',
    labelNames: ['kind', 'to'],
    registers: [registry],
  });
  return {
    breakerDecision: (kind, decision) => decisions.inc({ kind, decision }),
    breakerTransition: (kind, to) => transitions.inc({ kind, to }),
    breakerPhases(read) {
      new Gauge({
        name: 'ostinato_breakers',
        help: 'Breakers that this process has seen, by phase.',
        labelNames: ['kind', 'phase'],
        registers: [registry],
        collect() {
          this.reset();
          for (const { kind, phase, breakers } of read()) this.set({ kind, phase }, breakers);
        },
      });
    },
  };
}

function modelMetrics(registry: Registry): Pick<Metrics, 'llmCall'> {
  const models = duration(registry, 'llm_call', 'Model calls', ['provider', 'model', 'outcome']);
  const tokens = new Counter({
    name: 'ostinato_llm_tokens_total',
    help: 'Tokens as the provider counted them.',
    labelNames: ['provider', 'model', 'kind'],
    registers: [registry],
  });
  const cost = new Counter({
    name: 'ostinato_llm_cost_usd_total',
    help: 'Cost of model calls whose price is known, US dollars.',
    labelNames: ['provider', 'model'],
    registers: [registry],
  });
  const unpriced = new Counter({
    name: 'ostinato_llm_price_unknown_total',
    help: 'Model calls that were served and whose cost nobody knows.',
    labelNames: ['provider', 'model'],
    registers: [registry],
  });
  return {
    llmCall({ provider, model, outcome, durationMs, usage }) {
      models.observe({ provider, model, outcome }, durationMs / 1000);
      if (usage === null) return;
      for (const [kind, count] of tokensOf(usage)) {
        if (count !== null) tokens.inc({ provider, model, kind }, count);
      }
      if (usage.costUsd === null) unpriced.inc({ provider, model });
      else cost.inc({ provider, model }, usage.costUsd);
    },
  };
}

function providerMetrics(
  registry: Registry,
): Pick<Metrics, 'llmSwitch' | 'llmKeyDisabled' | 'routeSuccess'> {
  const switches = new Counter({
    name: 'ostinato_llm_switches_total',
    help: 'Routes and keys that a model call passed over, by why.',
    labelNames: ['provider', 'model', 'why'],
    registers: [registry],
  });
  const disabled = new Counter({
    name: 'ostinato_llm_keys_disabled_total',
    help: 'Keys that were refused or had no credit, and wait for a person. Each once over all workers.',
    labelNames: ['provider', 'why'],
    registers: [registry],
  });
  const success = new Gauge({
    name: 'ostinato_llm_route_success',
    help: "Share of a model's newest calls that came through, 0 to 1 (of this process).",
    labelNames: ['provider', 'model'],
    registers: [registry],
  });
  return {
    routeSuccess: ({ provider, model }, share) => success.set({ provider, model }, share),
    llmSwitch: (passed) => switches.inc(passed),
    llmKeyDisabled: (one) => disabled.inc(one),
  };
}

function tokensOf(usage: LlmUsage): readonly (readonly [string, number | null])[] {
  return [
    ['input', usage.inputTokens],
    ['cache-read', usage.cacheReadTokens],
    ['cache-write', usage.cacheWriteTokens],
    ['output', usage.outputTokens],
    ['reasoning', usage.reasoningTokens],
  ];
}

function searchMetrics(registry: Registry): Pick<Metrics, 'search' | 'indexSize'> {
  const searches = new Histogram({
    name: 'ostinato_search_duration_seconds',
    help: 'Tool searches.',
    buckets: SEARCH_SECONDS,
    registers: [registry],
  });
  const size = new Gauge({
    name: 'ostinato_index_entries',
    help: 'Tools in the index.',
    labelNames: ['index'],
    registers: [registry],
  });
  return {
    search: ({ durationMs }) => searches.observe(durationMs / 1000),
    indexSize: (index, entries) => size.set({ index }, entries),
  };
}

function contextMetrics(registry: Registry): Pick<Metrics, 'contextUse'> {
  const sent = new Counter({
    name: 'ostinato_context_tokens_total',
    help: 'Tokens sent to models by planners, by section of the prompt; counted with o200k_base.',
    labelNames: ['section'],
    registers: [registry],
  });
  const saved = new Counter({
    name: 'ostinato_context_saved_tokens_total',
    help: 'Tokens that planners did not send, by what spared them; each counted once.',
    labelNames: ['by'],
    registers: [registry],
  });
  const compactions = new Counter({
    name: 'ostinato_context_compactions_total',
    help: 'Times that earlier messages of a conversation were replaced by a summary.',
    registers: [registry],
  });
  return {
    contextUse(use) {
      for (const [section, tokens] of Object.entries(use.sent)) sent.inc({ section }, tokens);
      for (const [by, tokens] of Object.entries(use.saved)) saved.inc({ by }, tokens);
      compactions.inc(use.compactions);
    },
  };
}

function runMetrics(registry: Registry): Pick<Metrics, 'runStarted' | 'runEnded'> {
  const started = new Counter({
    name: 'ostinato_runs_started_total',
    help: 'Runs that were started.',
    labelNames: ['workflow'],
    registers: [registry],
  });
  const ended = new Counter({
    name: 'ostinato_runs_ended_total',
    help: 'Runs that ended, by outcome.',
    labelNames: ['workflow', 'outcome'],
    registers: [registry],
  });
  return {
    runStarted: (workflow) => started.inc({ workflow }),
    runEnded: (workflow, outcome) => ended.inc({ workflow, outcome }),
  };
}

function duration<Label extends string>(
  registry: Registry,
  name: string,
  what: string,
  labelNames: Label[],
): Histogram<Label> {
  return new Histogram({
    name: `ostinato_${name}_duration_seconds`,
    help: `${what}: time each took; the count is their number.`,
    labelNames,
    buckets: CALL_SECONDS,
    registers: [registry],
  });
}
