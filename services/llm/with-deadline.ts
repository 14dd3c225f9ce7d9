export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Runs with a signal that fires when `signal` does or when `timeoutMs` have passed, whichever comes
 * first, with the reason of the one that came. Not `AbortSignal.timeout`: its timer outlives the call.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const cancel = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new DeadlineExceeded()), timeoutMs);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await run(controller.signal);
  } catch (error) {
    // SDKs answer an abort with errors of their own; the reason says why it happened.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}
