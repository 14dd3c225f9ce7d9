import type { LlmProviderConfig } from '../../llm-provider-config.ts';

const VENDOR_URL = 'https://api.openai.com/v1';

/** Where a server of OpenAI's formats is, and what each call to it carries. */
export function openAiServer(config: Pick<LlmProviderConfig, 'baseUrl' | 'apiKey'>): {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** OpenAI itself, and not one of the servers that speak its formats. */
  readonly isVendor: boolean;
  readonly headers: Readonly<Record<string, string>>;
} {
  const baseUrl = (config.baseUrl ?? VENDOR_URL).replace(/\/+$/, '');
  return {
    baseUrl,
    // Regions have names below it.
    isVendor: /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname),
    headers: config.apiKey === null ? {} : { authorization: `Bearer ${config.apiKey}` },
  };
}
