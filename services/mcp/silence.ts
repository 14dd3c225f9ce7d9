import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';

/** Ends a call whose server has given no sign for too long, but not while it waits for a person. */
export interface Silence {
  /** Raised with an error in the shape of the SDK's own. */
  readonly signal: AbortSignal;
  /** A sign of the server. */
  restart(): void;
  pauseFor<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

export function watchSilence(timeoutMs: number): Silence {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let paused = 0;
  const restart = (): void => {
    clearTimeout(timer);
    if (paused > 0) return;
    timer = setTimeout(() => {
      const error = new SdkError(SdkErrorCode.RequestTimeout, 'Request timed out', {
        timeout: timeoutMs,
      });
      over.abort(error);
    }, timeoutMs);
  };
  restart();
  return {
    signal: over.signal,
    restart,
    async pauseFor(work) {
      paused += 1;
      clearTimeout(timer);
      try {
        return await work();
      } finally {
        paused -= 1;
        restart();
      }
    },
    end: () => {
      // What is asked still does not begin it anew.
      paused = Infinity;
      clearTimeout(timer);
    },
  };
}
