import type { LlmProviderConfig } from '../../llm-provider-config.ts';

const VENDOR_URL = 'https://generativelanguage.googleapis.com';

/** Where a model of the Gemini API is, and what each call to it carries. */
export function geminiServer(config: Pick<LlmProviderConfig, 'baseUrl' | 'apiKey' | 'model'>): {
  readonly modelUrl: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const base = (config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '');
  return {
    modelUrl: `${base}/v1beta/models/${encodeURIComponent(config.model)}`,
    headers: { 'x-goog-api-key': config.apiKey ?? 'none' },
  };
}
