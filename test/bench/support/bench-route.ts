import type { Route } from '../../../services/llm/router/route.ts';

/** A route to a local server that speaks Chat Completions. */
export function benchRoute(provider: string, url: string, over: Partial<Route> = {}): Route {
  return {
    id: `${provider}/m`,
    provider,
    dialect: 'openai',
    model: 'm',
    baseUrl: `${url}/v1`,
    apiKeys: [`key-of-${provider}`],
    timeoutMs: 1_000,
    facts: { contextTokens: null, outputTokens: null, can: null, quality: 0.5 },
    price: { kind: 'free' },
    limits: null,
    equivalent: null,
    batchOnly: false,
    serviceTier: null,
    ...over,
  };
}
