import { LRUCache } from 'lru-cache';
import type { Admission, CallScope, CallTicket } from './call-limits.ts';
import { LEASE_MS, MINUTE_MS, TICKET_MS, WINDOW } from './call-limits.ts';
import type { CallQueue } from './call-queue.ts';
import { createCallQueue } from './call-queue.ts';

const MAX_SCOPES = 10_000;

/** Calls of one process, by scope. */
export interface CallCounts {
  /** Counts the attempt for all scopes, or for none; then the call waits for its turn. */
  enter(
    attempt: string,
    ticket: CallTicket,
    scopes: readonly CallScope[],
    keys: readonly string[],
    nowMs: number,
  ): Admission;
  renew(attempt: string, keys: readonly string[], nowMs: number): void;
  leave(attempt: string, keys: readonly string[]): void;
}

interface Counted {
  /** By attempt: when its lease ends, ms. */
  readonly flight: Map<string, number>;
  /** When calls began, oldest first, ms. */
  begun: readonly number[];
  readonly queue: CallQueue;
}

export function createCallCounts(): CallCounts {
  const counted = new LRUCache<string, Counted>({ max: MAX_SCOPES });
  const of = (key: string): Counted => {
    const known = counted.get(key) ?? {
      ...{ flight: new Map<string, number>(), begun: [], queue: createCallQueue() },
    };
    counted.set(key, known);
    return known;
  };
  return {
    enter(attempt, ticket, scopes, keys, nowMs) {
      for (const [at, scope] of scopes.entries()) {
        const denied = whyNot(scope, of(keys[at] ?? ''), ticket, nowMs);
        if (denied !== null) return denied;
      }
      for (const [at, { limits }] of scopes.entries()) {
        const known = of(keys[at] ?? '');
        known.flight.set(attempt, nowMs + LEASE_MS);
        if (limits.perMinute !== undefined) known.begun = [...known.begun, nowMs];
        known.queue.serve(ticket);
      }
      return { kind: 'granted' };
    },
    renew(attempt, keys, nowMs) {
      for (const key of keys) {
        const { flight } = of(key);
        if (flight.has(attempt)) flight.set(attempt, nowMs + LEASE_MS);
      }
    },
    leave(attempt, keys) {
      for (const key of keys) of(key).flight.delete(attempt);
    },
  };
}

function whyNot(
  scope: CallScope,
  known: Counted,
  ticket: CallTicket,
  nowMs: number,
): Admission | null {
  const { maxInFlight = Infinity, perMinute = Infinity } = scope.limits;
  const { flight, queue } = known;
  for (const [call, endsMs] of flight) if (endsMs <= nowMs) flight.delete(call);
  known.begun = known.begun.filter((ms) => ms > nowMs - MINUTE_MS);
  queue.forget(nowMs);
  const wait = (limit: keyof CallScope['limits'], waitMs: number | null): Admission => {
    const before = queue.wait(ticket, nowMs + (waitMs ?? 0) + TICKET_MS);
    return { kind: 'denied', scope, limit, waitMs, before };
  };
  if (flight.size >= maxInFlight) return wait('maxInFlight', null);
  const { length } = known.begun;
  if (length >= perMinute) {
    const oldestMs = known.begun[length - perMinute] ?? nowMs;
    return wait('perMinute', oldestMs + MINUTE_MS - nowMs);
  }
  const places = Math.min(maxInFlight - flight.size, perMinute - length);
  const { before, turns } = queue.place(ticket);
  if (Math.max(before, turns) < places + WINDOW) return null;
  return wait(maxInFlight === Infinity ? 'perMinute' : 'maxInFlight', null);
}
