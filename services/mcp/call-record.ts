import { AsyncLocalStorage } from 'node:async_hooks';
import type { ToolAnswer, ToolQuestion } from '../../common/tool-question.ts';

/** What the transport saw of one call; the SDK does not hand it on. */
export interface CallRecord {
  /** Bytes of the request may have reached the server. */
  sent: boolean;
  /** Size of the answer, decompressed. */
  bytes: number;
  /** Set when the answer was dropped for its size: the bytes seen so far. */
  tooLargeBytes: number | null;
  /** Fails the request at once when its answer was dropped. */
  dropAnswer: (bytes: number) => void;
  /** From the HTTP header of a refusal. */
  retryAfterMs: number | null;
  /** Puts to a person what the server asks in the middle of the call; `null`: nobody can be asked. */
  ask: ((question: ToolQuestion) => Promise<ToolAnswer>) | null;
}

/** The call that the running code works for. */
export const currentCall = new AsyncLocalStorage<CallRecord>();

export function newCallRecord(): CallRecord {
  return {
    ...{ sent: false, bytes: 0, tooLargeBytes: null, dropAnswer: () => {}, retryAfterMs: null },
    ask: null,
  };
}
