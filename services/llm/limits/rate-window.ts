/** What may be used of one key within any minute. `null`: not limited. */
export interface RateLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}

export type Reservation =
  | { readonly kind: 'granted'; readonly slot: number }
  /** `waitMs`: until it may fit; `null`: it never does, since it alone is over the limit. */
  | { readonly kind: 'denied'; readonly waitMs: number | null };

export const WINDOW_MS = 60_000;
/** Fine enough that what is held back at the edge of a minute is below half a percent. */
export const SLOT_MS = 250;
/** The provider counts arrivals: one call may take so much longer to get there than another. */
const TRAVEL_MS = 1_000;
/** One slot more than that: what was used at the end of the oldest one is then old enough. */
export const SLOTS = (WINDOW_MS + TRAVEL_MS) / SLOT_MS + 1;

/**
 * A sliding window over slots of a quarter of a second: no 60 s, wherever they begin, ever hold more
 * than the limit. (A bucket that fills at a steady rate would allow its burst and a minute's filling.)
 */
export interface RateWindow {
  reserve(limits: RateLimits, tokens: number, nowMs: number): Reservation;
  /** Corrects the tokens of a reservation to what was used. */
  settle(slot: number, deltaTokens: number, nowMs: number): void;
}

interface Slot {
  requests: number;
  tokens: number;
}

export function createRateWindow(): RateWindow {
  const slots = new Map<number, Slot>();
  const current = (nowMs: number): number => {
    const now = Math.floor(nowMs / SLOT_MS);
    for (const slot of slots.keys()) if (slot <= now - SLOTS) slots.delete(slot);
    return now;
  };
  return {
    reserve(limits, tokens, nowMs) {
      const now = current(nowMs);
      if ((limits.tokensPerMinute ?? Infinity) < tokens || limits.requestsPerMinute === 0) {
        return { kind: 'denied', waitMs: null };
      }
      const waitMs = waitFor(
        [...slots].sort(([a], [b]) => a - b),
        limits,
        tokens,
        nowMs,
      );
      if (waitMs > 0) return { kind: 'denied', waitMs };
      const slot = slots.get(now) ?? { requests: 0, tokens: 0 };
      slots.set(now, { requests: slot.requests + 1, tokens: slot.tokens + tokens });
      return { kind: 'granted', slot: now };
    },
    settle(at, deltaTokens, nowMs) {
      current(nowMs);
      const slot = slots.get(at);
      if (slot !== undefined) slot.tokens += deltaTokens;
    },
  };
}

/** Until enough of the oldest slots have left the window, ms; 0: it fits. */
function waitFor(
  oldestFirst: readonly (readonly [number, Slot])[],
  limits: RateLimits,
  tokens: number,
  nowMs: number,
): number {
  let requestsOver = 1 - (limits.requestsPerMinute ?? Infinity);
  let tokensOver = tokens - (limits.tokensPerMinute ?? Infinity);
  for (const [, slot] of oldestFirst) {
    requestsOver += slot.requests;
    tokensOver += slot.tokens;
  }
  let waitMs = 0;
  for (const [at, slot] of oldestFirst) {
    if (requestsOver <= 0 && tokensOver <= 0) break;
    requestsOver -= slot.requests;
    tokensOver -= slot.tokens;
    waitMs = (at + SLOTS) * SLOT_MS - nowMs;
  }
  return Math.max(0, waitMs);
}
