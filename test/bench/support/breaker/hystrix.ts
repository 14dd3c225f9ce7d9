const WINDOW_MS = 10_000;
const VOLUME = 20;
const THRESHOLD = 0.5;
const SLEEP_MS = 5_000;

export interface HystrixBreaker {
  allow(nowMs: number): boolean;
  record(nowMs: number, failed: boolean): void;
  closed(): boolean;
}

/** Netflix Hystrix' rule with its default numbers: half of 20 or more calls in 10 s, one probe after 5 s. */
export function createHystrixBreaker(): HystrixBreaker {
  let calls: { readonly atMs: number; readonly failed: boolean }[] = [];
  let openUntilMs: number | null = null;
  let probing = false;
  return {
    allow(nowMs) {
      if (openUntilMs === null) return true;
      if (nowMs < openUntilMs || probing) return false;
      probing = true;
      return true;
    },
    record(nowMs, failed) {
      if (openUntilMs !== null) {
        // Calls from before the trip end while it is open; only the probe counts.
        if (!probing) return;
        probing = false;
        openUntilMs = failed ? nowMs + SLEEP_MS : null;
        calls = [];
        return;
      }
      calls = [...calls.filter(({ atMs }) => atMs > nowMs - WINDOW_MS), { atMs: nowMs, failed }];
      const bad = calls.filter((call) => call.failed).length;
      if (calls.length >= VOLUME && bad >= THRESHOLD * calls.length) openUntilMs = nowMs + SLEEP_MS;
    },
    closed: () => openUntilMs === null,
  };
}
