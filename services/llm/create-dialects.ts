import type { Credential } from './credentials.ts';
import { createAnthropicDialect } from './dialects/anthropic.ts';
import { createGoogleDialect } from './dialects/google.ts';
import { createOllamaDialect } from './dialects/ollama.ts';
import { createResponsesDialect } from './dialects/openai-responses.ts';
import { createOpenAiDialect } from './dialects/openai.ts';
import type { LlmDialect } from './llm-dialect.ts';
import type { LlmDialectName, LlmProviderConfig } from './llm-provider-config.ts';
import type { Route } from './router/route.ts';
import { tieredDialect } from './tiered-dialect.ts';

const DIALECTS: Readonly<Record<LlmDialectName, (config: LlmProviderConfig) => LlmDialect>> = {
  openai: createOpenAiDialect,
  'openai-responses': createResponsesDialect,
  anthropic: createAnthropicDialect,
  google: createGoogleDialect,
  ollama: createOllamaDialect,
};

/** One dialect for each route and key, made when it is first used: it keeps connections and what it learned. */
export function createDialects(): (route: Route, credential: Credential) => LlmDialect {
  const made = new Map<string, LlmDialect>();
  return (route, credential) => {
    const key = `${route.id} ${credential.id}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const { provider: name, dialect: format, model, baseUrl, timeoutMs, serviceTier } = route;
    const { apiKey } = credential;
    const config = { name, dialect: format, model, baseUrl, timeoutMs, apiKey };
    const usual = DIALECTS[format](config);
    const dialect =
      serviceTier === null
        ? usual
        : tieredDialect(serviceTier, DIALECTS[format]({ ...config, serviceTier }), usual);
    made.set(key, dialect);
    return dialect;
  };
}
