import type { Logger } from 'pino';
import { NEW_RECORD } from '../../common/breaker-event.ts';
import type { BreakerEvent } from '../../common/breaker-event.ts';
import { breakerState } from '../../common/breaker.ts';
import type { BreakerState, BreakerVerdict } from '../../common/breaker.ts';
import type { BreakerSnapshot, BreakerStore } from './breaker-store.ts';
import type { BreakerSettings } from './breakers.ts';

/** How old the picture of a shared breaker may be. */
const SNAPSHOT_MAX_AGE_MS = 100;

/** One breaker as one process sees it: a picture of the shared parts, renewed when it is old. */
export interface BreakerView {
  /** Renews the picture if it is older than 100 ms; callers at the same time share one reading. */
  refresh(): Promise<void>;
  /** @returns whether the event did what it asked for. */
  apply(event: BreakerEvent): Promise<boolean>;
  state(): BreakerState;
  verdict(): BreakerVerdict;
  /** Calls that went another way, of all workers. */
  diverted(): number;
  /** The store's clock: its time when last seen, and what has passed here since. */
  storeMs(): number;
}

export function createBreakerView(deps: {
  readonly key: string;
  readonly store: BreakerStore;
  readonly settings: BreakerSettings;
  readonly log: Logger;
  readonly nowMs: () => number;
}): BreakerView {
  const { key, store, nowMs } = deps;
  const { policy, mode } = deps.settings;
  const stateOf = breakerState(policy);
  let snapshot: BreakerSnapshot = { record: NEW_RECORD, nowMs: nowMs(), done: false };
  let takenMs: number | null = null;
  let reading: Promise<void> | null = null;
  let lastKind: BreakerState['kind'] = 'closed';

  function take(newer: BreakerSnapshot): boolean {
    snapshot = newer;
    takenMs = nowMs();
    const state = stateOf(newer.record, newer.nowMs);
    if (state.kind !== lastKind) {
      const { reason, heldBy } = newer.record.verdict;
      deps.log.info(
        { breaker: key, from: lastKind, to: state, reason, heldBy, mode },
        `breaker ${key} is ${state.kind}`,
      );
      lastKind = state.kind;
    }
    return newer.done;
  }

  const storeMs = () => snapshot.nowMs + (takenMs === null ? 0 : nowMs() - takenMs);
  return {
    async refresh() {
      if (takenMs !== null && nowMs() - takenMs < SNAPSHOT_MAX_AGE_MS) return;
      reading ??= store
        .read(key, policy)
        .then((read) => void take(read))
        .finally(() => (reading = null));
      await reading;
    },
    apply: async (event) => take(await store.apply(key, policy, event)),
    state: () => stateOf(snapshot.record, storeMs()),
    verdict: () => snapshot.record.verdict,
    diverted: () => snapshot.record.diverted,
    storeMs,
  };
}
