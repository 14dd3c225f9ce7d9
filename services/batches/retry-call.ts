import { setTimeout as wait } from 'node:timers/promises';
import { isServiceError } from '../errors.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * Repeats a call while its error says that a repeat may help, for at most `withinMs`; then the error
 * goes to the caller. The effect ledger makes repeats safe.
 */
export async function retryCall<Result>(
  call: () => Promise<Result>,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<Result> {
  const until = performance.now() + withinMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!isServiceError(error) || !error.retry.allowed) throw error;
      const nextMs = error.retry.afterMs ?? waitMs;
      if (performance.now() + nextMs > until) throw error;
      await wait(nextMs, undefined, { signal });
    }
  }
}
