import type { LlmProviderConfig } from '../llm-provider-config.ts';
import { modelFacts } from './model-facts.ts';
import { priceSource } from './price-source.ts';
import type { Route } from './route.ts';

/** The route of a provider with one model and at most one key. */
export function routeOfConfig(config: LlmProviderConfig): Route {
  const { name, dialect, model, baseUrl, apiKey, timeoutMs } = config;
  return {
    id: `${name}/${model}`,
    provider: name,
    dialect,
    model,
    baseUrl,
    apiKeys: apiKey === null ? [] : [apiKey],
    timeoutMs,
    facts: modelFacts(model),
    price: priceSource(dialect, baseUrl),
    limits: null,
    equivalent: null,
    batchOnly: false,
    serviceTier: null,
  };
}
