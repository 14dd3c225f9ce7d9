import type { Logger } from 'pino';
import type { BreakerStore, BreakerSnapshot } from './breaker-store.ts';
import type { LocalBreakerStore } from './local-breaker-store.ts';

/** A call that waits longer for a breaker than this waits for the breaker, not for its work. */
const SHARED_TIMEOUT_MS = 250;
const RETRY_AFTER_MS = 1000;

/**
 * The shared store while it answers; while it does not, this process alone, going on from what the
 * shared store said last. Never blocks a call for longer than a quarter of a second, and that once a
 * second. What the process learned alone is not carried back: the dependency itself says it again.
 */
export function createFallbackBreakerStore(deps: {
  readonly shared: BreakerStore;
  readonly local: LocalBreakerStore;
  readonly log: Logger;
  readonly nowMs: () => number;
}): BreakerStore & { readonly degraded: () => boolean } {
  let askAgainMs: number | null = null;

  async function either(
    key: string,
    ask: (store: BreakerStore) => Promise<BreakerSnapshot>,
  ): Promise<BreakerSnapshot> {
    if (askAgainMs !== null && deps.nowMs() < askAgainMs) return ask(deps.local);
    try {
      const snapshot = await within(SHARED_TIMEOUT_MS, ask(deps.shared));
      if (askAgainMs !== null) deps.log.info('breakers are shared again');
      askAgainMs = null;
      deps.local.seed(key, snapshot.record);
      return snapshot;
    } catch (error) {
      if (askAgainMs === null) {
        deps.log.warn({ err: error }, 'breakers are not shared: the shared store does not answer');
      }
      askAgainMs = deps.nowMs() + RETRY_AFTER_MS;
      return ask(deps.local);
    }
  }

  return {
    read: (key, policy) => either(key, (store) => store.read(key, policy)),
    apply: (key, policy, event) => either(key, (store) => store.apply(key, policy, event)),
    degraded: () => askAgainMs !== null,
  };
}

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
