// Runs in the workflow sandbox: what tools ask people, and which calls wait for that.
import { isCancellation, setHandler } from '@temporalio/workflow';
import type { AskedCall } from '../common/carried-run.ts';
import type { ToolAnswer, ToolQuestion } from '../common/tool-question.ts';
import type { ToolAsksRequest } from './definitions.ts';
import { toolAsksUpdate } from './definitions.ts';

/** @param timeoutMs after which the server waits no longer */
export type AskInCall = (question: ToolQuestion, timeoutMs: number) => Promise<ToolAnswer>;

export interface ToolQuestions {
  /** Calls that were answered with questions and have not been made again, by their key. */
  readonly asked: Map<string, AskedCall>;
  /** Makes a call, in the middle of which its server may ask. */
  during<Result>(key: string, ask: AskInCall, call: () => Promise<Result>): Promise<Result>;
  /** The call goes on, and its server waits for an answer. */
  isInFlight(key: string): boolean;
}

export function createToolQuestions(from: readonly AskedCall[] = []): ToolQuestions {
  const inFlight = new Map<string, AskInCall>();
  setHandler(
    toolAsksUpdate,
    async ({ key, question, timeoutMs }) => {
      try {
        return (await inFlight.get(key)?.(question, timeoutMs)) ?? { action: 'cancel' };
      } catch (error) {
        if (isCancellation(error)) return { action: 'cancel' };
        throw error;
      }
    },
    {
      validator: (request) => {
        if (!isWellFormed(request)) throw new Error('"toolAsks" takes {key, question, timeoutMs}.');
        if (inFlight.has(request.key)) return;
        throw new Error(`No call with the key "${request.key}" is under way that may ask.`);
      },
    },
  );
  return {
    asked: new Map(from.map((call) => [call.key, call])),
    async during(key, ask, call) {
      inFlight.set(key, ask);
      try {
        return await call();
      } finally {
        inFlight.delete(key);
      }
    },
    isInFlight: (key) => inFlight.has(key),
  };
}

function isWellFormed(request: ToolAsksRequest): boolean {
  const { key, question, timeoutMs } = request ?? {};
  return typeof key === 'string' && typeof question?.name === 'string' && timeoutMs > 0;
}
