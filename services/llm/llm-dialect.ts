import type { LlmRequest, LlmResponse } from '../../common/llm.ts';

/** One wire format. Retries nothing: a call is one attempt, and the gateway classifies its error. */
export interface LlmDialect {
  /** `signal` reaches the socket: cancellation and the time limit both come by it. */
  complete(request: LlmRequest, signal: AbortSignal): Promise<Omit<LlmResponse, 'servedBy'>>;
}
