/** `openai` is Chat Completions, which compatible servers speak too. */
export type LlmDialectName = 'openai' | 'openai-responses' | 'anthropic' | 'google' | 'ollama';

/** What vendors sell below their usual price to calls that are answered at once. */
export type ServiceTier = 'flex';

/** A provider is a row of configuration; its dialect is the wire format it speaks. */
export interface LlmProviderConfig {
  /** How logs, metrics and `servedBy` call it. */
  readonly name: string;
  readonly dialect: LlmDialectName;
  readonly model: string;
  /** `null` where the server wants none. */
  readonly apiKey: string | null;
  /** `null`: the vendor's own address. For OpenAI's formats it ends in `/v1`. */
  readonly baseUrl: string | null;
  /** `flex`: cheaper, slower, and now and then without room. @default the vendor's usual one */
  readonly serviceTier?: ServiceTier | null;
  /** Limit of one call, from the request to the last byte of the answer. */
  readonly timeoutMs: number;
}
