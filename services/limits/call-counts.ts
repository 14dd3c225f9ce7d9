import { LRUCache } from 'lru-cache';
import type { Admission, CallScope } from './call-limits.ts';
import { LEASE_MS, MINUTE_MS } from './call-limits.ts';

const MAX_SCOPES = 10_000;

/** Calls of one process, by scope. */
export interface CallCounts {
  /** Counts the call for all scopes, or for none. */
  enter(
    call: string,
    scopes: readonly CallScope[],
    keys: readonly string[],
    nowMs: number,
  ): Admission;
  renew(call: string, keys: readonly string[], nowMs: number): void;
  leave(call: string, keys: readonly string[]): void;
}

interface Counted {
  /** By call: when its lease ends, ms. */
  readonly flight: Map<string, number>;
  /** When calls began, oldest first, ms. */
  begun: readonly number[];
}

export function createCallCounts(): CallCounts {
  const counted = new LRUCache<string, Counted>({ max: MAX_SCOPES });
  const of = (key: string): Counted => {
    const known = counted.get(key) ?? { flight: new Map<string, number>(), begun: [] };
    counted.set(key, known);
    return known;
  };
  return {
    enter(call, scopes, keys, nowMs) {
      for (const [at, scope] of scopes.entries()) {
        const denied = whyNot(scope, of(keys[at] ?? ''), nowMs);
        if (denied !== null) return denied;
      }
      for (const [at, { limits }] of scopes.entries()) {
        const known = of(keys[at] ?? '');
        known.flight.set(call, nowMs + LEASE_MS);
        if (limits.perMinute !== undefined) known.begun = [...known.begun, nowMs];
      }
      return { kind: 'granted' };
    },
    renew(call, keys, nowMs) {
      for (const key of keys) {
        const { flight } = of(key);
        if (flight.has(call)) flight.set(call, nowMs + LEASE_MS);
      }
    },
    leave(call, keys) {
      for (const key of keys) of(key).flight.delete(call);
    },
  };
}

function whyNot(scope: CallScope, known: Counted, nowMs: number): Admission | null {
  const { maxInFlight = Infinity, perMinute = Infinity } = scope.limits;
  for (const [call, endsMs] of known.flight) if (endsMs <= nowMs) known.flight.delete(call);
  known.begun = known.begun.filter((ms) => ms > nowMs - MINUTE_MS);
  const denied = { kind: 'denied', scope } as const;
  if (known.flight.size >= maxInFlight) return { ...denied, limit: 'maxInFlight', waitMs: null };
  const { length } = known.begun;
  if (length < perMinute) return null;
  const oldestMs = known.begun[length - perMinute] ?? nowMs;
  return { ...denied, limit: 'perMinute', waitMs: oldestMs + MINUTE_MS - nowMs };
}
