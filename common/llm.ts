import type { JsonObject } from './json.ts';
import type { LlmRouting } from './llm-routing.ts';

/** A model's part in the work, not a model: configuration turns it into a provider and model. */
export type LlmRole = 'planner' | 'worker' | 'judge';

export interface LlmTool {
  /** `^[a-zA-Z0-9_-]{1,64}$`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

export type LlmMessage =
  | { readonly from: 'system'; readonly text: string }
  | {
      readonly from: 'user';
      readonly text: string;
      /** They stand before the text. */
      readonly images?: readonly LlmImage[];
      /** Set where the text stands for earlier messages of its conversation; providers do not see it. */
      readonly compacts?: Compaction;
      /** Into which a model split the goal that the text begins with; providers do not see them. */
      readonly steps?: readonly string[];
    }
  | { readonly from: 'model'; readonly parts: readonly LlmPart[] }
  | {
      readonly from: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly text: string;
      readonly isError: boolean;
    };

/** Which messages of a conversation a summary stands for: they stay stored and are no longer sent. */
export interface Compaction {
  /** It stands for the messages before this one, counted from the conversation's beginning. */
  readonly upTo: number;
  /** Tokens to which earlier results that are still sent are cut; `null`: they are sent as they are. */
  readonly cutResults: number | null;
  /** Longest prompt for which it was made, tokens. */
  readonly promptTokens: number;
}

/** In the request itself: a server of ours never fetches an address that a stranger wrote. */
export interface LlmImage {
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** What a provider wants back as it came. Others cannot read it: they are never sent it. */
export interface LlmOpaque {
  readonly dialect: string;
  /** Who made it, as `provider/model`. @default any provider of the dialect may have it back */
  readonly provider?: string;
  readonly data: string;
}

export type LlmPart =
  | { readonly kind: 'text'; readonly text: string }
  /** What the model thought, where the provider shows it. Goes back to its own provider only. */
  | { readonly kind: 'reasoning'; readonly text: string; readonly opaque?: LlmOpaque }
  | {
      readonly kind: 'tool-call';
      readonly callId: string;
      readonly name: string;
      readonly args: JsonObject;
      /** What the provider wants back with this call, as it came. Other dialects drop it. */
      readonly opaque?: LlmOpaque;
    };

/** One model call. Exists only inside an activity; a history never holds it. */
export interface LlmRequest {
  readonly role: LlmRole;
  readonly messages: readonly LlmMessage[];
  readonly tools: readonly LlmTool[];
  /** `required`: the model must call a tool. */
  readonly toolChoice: 'auto' | 'required' | 'none';
  readonly maxOutputTokens: number;
  /** 0 to 1; `null` leaves the provider's default. */
  readonly temperature: number | null;
  /** The answer's text must be JSON of this schema. @default free text */
  readonly output?: { readonly name: string; readonly schema: JsonObject };
  /** At most four; the answer ends before one of them. @default none */
  readonly stop?: readonly string[];
  /**
   * Calls with one key begin alike (tools, system, earlier messages), so the provider is asked to
   * cache that beginning. It holds the tenant. @default the provider's own caching
   */
  readonly cacheKey?: string;
}

export interface LlmResponse {
  readonly parts: readonly LlmPart[];
  /** `raw` is the provider's own word, kept for the day `unified` turns out to be too coarse. */
  readonly finish: {
    readonly unified: 'stop' | 'tool-calls' | 'length' | 'refusal' | 'other';
    readonly raw: string;
  };
  readonly usage: LlmUsage;
  readonly servedBy: { readonly provider: string; readonly model: string };
  /** Set by the gateway. */
  readonly routing?: LlmRouting;
}

/** `null` means the provider did not say. Zero means it said zero. */
export interface LlmUsage {
  /** Tokens of the prompt that no provider cache served. */
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** All tokens written, reasoning included. */
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  /**
   * Parts of these counts, or besides them, that have prices of their own, by the price list's names:
   * `cache_write_1h_tokens`, `input_audio_tokens`, `web_searches`.
   */
  readonly pricedApart?: Readonly<Record<string, number>>;
  /** The tier of service by which it was charged (`flex`, `standard`), where one was asked for. */
  readonly tier?: string;
  /** `null` where the price is unknown. */
  readonly costUsd: number | null;
}
