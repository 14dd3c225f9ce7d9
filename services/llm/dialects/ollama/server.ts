import type { LlmProviderConfig } from '../../llm-provider-config.ts';

const LOCAL_URL = 'http://127.0.0.1:11434';

/** Where an Ollama is, and what each call to it carries. */
export function ollamaServer(config: Pick<LlmProviderConfig, 'baseUrl' | 'apiKey'>): {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  return {
    baseUrl: (config.baseUrl ?? LOCAL_URL).replace(/\/+$/, ''),
    headers: config.apiKey === null ? {} : { authorization: `Bearer ${config.apiKey}` },
  };
}
