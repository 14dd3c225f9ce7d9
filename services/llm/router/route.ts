import type { LlmDialectName, ServiceTier } from '../llm-provider-config.ts';
import type { PriceSource } from '../price-of-usage.ts';
import type { ModelFacts } from './model-facts.ts';

/** One model of one provider: what a call can be sent to. */
export interface Route {
  /** `provider/model`; unique. */
  readonly id: string;
  readonly provider: string;
  readonly dialect: LlmDialectName;
  readonly model: string;
  /** `null`: the vendor's own address. */
  readonly baseUrl: string | null;
  /** Keys to the same provider, the preferred one first; empty where the server wants none. */
  readonly apiKeys: readonly string[];
  /** Limit of one attempt, ms. */
  readonly timeoutMs: number;
  readonly facts: ModelFacts;
  readonly price: PriceSource;
  /** Routes with one word here stand for each other without loss; `null`: judged by their facts. */
  readonly equivalent: string | null;
  /** Its price is for work that may take its time: it serves batch runs alone. */
  readonly batchOnly: boolean;
  /** What it is asked for; where that has no room, the usual tier serves. `null`: the usual one. */
  readonly serviceTier: ServiceTier | null;
  /** Of each key, all workers together; `null`: none that we keep. */
  readonly limits: RouteLimits | null;
}

export interface RouteLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}
