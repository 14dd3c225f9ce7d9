import type { LlmRouting } from '../../common/llm-routing.ts';
import type { LlmUsage } from '../../common/llm.ts';

/** Texts to be turned into vectors, all by one model. */
export interface EmbedRequest {
  readonly texts: readonly string[];
  /** Length of the vectors, where the model can choose. @default the model's own */
  readonly dimensions?: number;
}

/** Vectors as a dialect reads them, in the order of the texts. */
export interface DialectVectors {
  readonly vectors: readonly (readonly number[])[];
  readonly usage: LlmUsage;
}

export interface EmbedResponse extends DialectVectors {
  readonly servedBy: { readonly provider: string; readonly model: string };
  /** Set by the gateway. */
  readonly routing?: LlmRouting;
}
