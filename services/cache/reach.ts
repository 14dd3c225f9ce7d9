import type { Logger } from 'pino';

export interface ReachOptions {
  /** What is asked, as the log will name it. */
  readonly what: string;
  /** Longest wait for one answer. @default 250 */
  readonly timeoutMs?: number;
  /** How long it is left alone after it did not answer. @default 1_000 */
  readonly retryAfterMs?: number;
  /** A clock that never goes back, ms. @default `performance.now` */
  readonly nowMs?: () => number;
  readonly onError: () => void;
  readonly log: Logger;
}

/** Asks something that may be away, without making those who ask wait for its return. */
export interface Reach {
  /** @returns the answer, or `null` where there is none in time. Never throws. */
  ask<T extends NonNullable<unknown>>(operation: () => Promise<T>): Promise<T | null>;
  /** Whether the last question was answered. */
  reachable(): boolean;
}

export function createReach(options: ReachOptions): Reach {
  const { timeoutMs = 250, retryAfterMs = 1_000, nowMs = () => performance.now() } = options;
  const { what, log, onError } = options;
  let askAgainMs: number | null = null;
  return {
    async ask(operation) {
      if (askAgainMs !== null && nowMs() < askAgainMs) return null;
      try {
        const answer = await within(timeoutMs, operation());
        if (askAgainMs !== null) log.info(`${what} answers again`);
        askAgainMs = null;
        return answer;
      } catch (error) {
        onError();
        if (askAgainMs === null) {
          log.warn({ err: error }, `${what} does not answer: this process goes on without it`);
        }
        askAgainMs = nowMs() + retryAfterMs;
        return null;
      }
    },
    reachable: () => askAgainMs === null,
  };
}

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Where this process was held up, the answer may be there: sockets are read before this.
      setImmediate(() => reject(new Error(`No answer within ${limitMs} ms.`)));
    }, limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
