import type { JsonObject } from './json.ts';
import type { LlmResponse, LlmUsage } from './llm.ts';

/** One piece of an answer that is being written. Pieces of a part come in order and together. */
export type LlmDelta =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'tool-call-start'; readonly callId: string; readonly name: string }
  /** A piece of the arguments' JSON text. */
  | { readonly kind: 'tool-call-args'; readonly callId: string; readonly text: string }
  | {
      readonly kind: 'tool-call-end';
      readonly callId: string;
      readonly name: string;
      readonly args: JsonObject;
    }
  /** What is counted so far; a later one replaces it. */
  | { readonly kind: 'usage'; readonly usage: LlmUsage };

/** What a model call that streams gives: who answers, deltas, then `finish` as the last one. */
export type LlmStreamEvent =
  /** By whom what follows is written; comes before the first delta, and again after a switch. */
  | { readonly kind: 'served'; readonly servedBy: LlmResponse['servedBy'] }
  | LlmDelta
  /** What came so far is void: another route begins the answer anew. */
  | { readonly kind: 'restart'; readonly why: string }
  | { readonly kind: 'finish'; readonly response: LlmResponse };
