import type { Logger } from 'pino';
import { NEW_RECORD } from '../../common/breaker-event.ts';
import type { BreakerEvent } from '../../common/breaker-event.ts';
import { breakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import { breakerState } from '../../common/breaker.ts';
import type { BreakerState, BreakerVerdict } from '../../common/breaker.ts';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
import type { BreakerSnapshot, BreakerStore } from './breaker-store.ts';
import type { BreakerSettings } from './breakers.ts';
import { createChangeTeller } from './change-teller.ts';

/** How old the picture of a shared breaker may be. */
const SNAPSHOT_MAX_AGE_MS = 100;

/** One breaker as one process sees it: a picture of the shared parts, renewed when it is old. */
export interface BreakerView {
  /** Renews the picture if it is older than 100 ms; callers at the same time share one reading. */
  refresh(): Promise<void>;
  /** @returns whether the event did what it asked for. */
  apply(event: BreakerEvent): Promise<boolean>;
  /**
   * Applies what an operator does, and tells of the change.
   *
   * @returns whether the event did what it asked for.
   */
  operate(event: Extract<BreakerEvent, { kind: 'hold' | 'release' }>, by: string): Promise<boolean>;
  state(): BreakerState;
  phase(): BreakerPhase;
  verdict(): BreakerVerdict;
  /** Calls that went another way, of all workers. */
  diverted(): number;
  /** The store's clock: its time when last seen, and what has passed here since. */
  storeMs(): number;
  /** Changes that are being told are told. */
  settled(): Promise<void>;
}

export function createBreakerView(deps: {
  readonly key: string;
  readonly store: BreakerStore;
  readonly settings: BreakerSettings;
  readonly log: Logger;
  /** Told once over all workers that share the store. */
  readonly onTransition: (transition: BreakerTransition) => void;
  readonly nowMs: () => number;
}): BreakerView {
  const { key, store, nowMs } = deps;
  const { policy } = deps.settings;
  const stateOf = breakerState(policy);
  let snapshot: BreakerSnapshot = {
    record: NEW_RECORD,
    nowMs: nowMs(),
    done: false,
    isShared: false,
  };
  let takenMs: number | null = null;
  let reading: Promise<void> | null = null;
  const changes = createChangeTeller({ ...deps, phaseOf });

  function take(newer: BreakerSnapshot): boolean {
    snapshot = newer;
    takenMs = nowMs();
    changes.see(newer);
    return newer.done;
  }

  function phaseOf({ record, nowMs: atMs }: Pick<BreakerSnapshot, 'record' | 'nowMs'>) {
    return breakerPhase(stateOf(record, atMs), record.verdict);
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
    async operate(event, by) {
      const before = await store.read(key, policy);
      const after = await store.apply(key, policy, event);
      take(after);
      if (after.done) changes.operated(event, by, before, after);
      return after.done;
    },
    state: () => stateOf(snapshot.record, storeMs()),
    phase: () => phaseOf({ record: snapshot.record, nowMs: storeMs() }),
    verdict: () => snapshot.record.verdict,
    diverted: () => snapshot.record.diverted,
    storeMs,
    settled: () => changes.settled(),
  };
}
