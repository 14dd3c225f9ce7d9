import { NEW_RECORD, applyBreakerEvent } from '../../common/breaker-event.ts';
import type { BreakerRecord } from '../../common/breaker-event.ts';
import { LRUCache } from 'lru-cache';
import type { BreakerStore } from './breaker-store.ts';

const MAX_BREAKERS = 10_000;

export interface LocalBreakerStore extends BreakerStore {
  /** Takes over what another store knew, so that a fallback does not start from nothing. */
  seed(key: string, record: BreakerRecord): void;
}

/** Breakers of this process alone. */
export function createLocalBreakerStore(deps: { readonly nowMs: () => number }): LocalBreakerStore {
  const records = new LRUCache<string, BreakerRecord>({ max: MAX_BREAKERS });
  return {
    seed: (key, record) => void records.set(key, record),
    read: (key) =>
      Promise.resolve({
        record: records.get(key) ?? NEW_RECORD,
        nowMs: deps.nowMs(),
        done: false,
        isShared: false,
      }),
    apply(key, policy, event) {
      const nowMs = deps.nowMs();
      const step = applyBreakerEvent(policy, records.get(key) ?? NEW_RECORD, event, nowMs);
      records.set(key, step.record);
      return Promise.resolve({ ...step, nowMs, isShared: false });
    },
  };
}
