import type { LlmDelta } from '../../common/llm-stream.ts';
import type { LlmRequest, LlmResponse } from '../../common/llm.ts';
import type { DialectVectors, EmbedRequest } from './embed-request.ts';

/** An answer as a dialect reads it: who served it is the gateway's to say. */
export type DialectAnswer = Omit<LlmResponse, 'servedBy'>;

/** The last event is `finish`, with the whole answer. */
export type DialectEvent = LlmDelta | { readonly kind: 'finish'; readonly answer: DialectAnswer };

/** One wire format. Retries nothing: a call is one attempt, and the gateway classifies its error. */
export interface LlmDialect {
  /** `signal` reaches the socket: cancellation and the time limit both come by it. */
  complete(request: LlmRequest, signal: AbortSignal): Promise<DialectAnswer>;
  /** Leaving the loop early closes the socket, as `signal` does. */
  stream(request: LlmRequest, signal: AbortSignal): AsyncIterable<DialectEvent>;
  /** `null`: the format has no embeddings. */
  readonly embed: ((request: EmbedRequest, signal: AbortSignal) => Promise<DialectVectors>) | null;
}
