import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { BreakerEvent } from '../../common/breaker-event.ts';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
import { transitionReason } from '../../common/breaker-transition.ts';
import type { BreakerSnapshot, BreakerStore } from './breaker-store.ts';
import type { BreakerSettings } from './breakers.ts';

/** Tells of one breaker's changes, each once over all workers that share its store. */
export interface ChangeTeller {
  /** Looks whether the breaker is in another phase than was noted. Never waits. */
  see(snapshot: BreakerSnapshot): void;
  /** An operator's act, which notes itself. */
  operated(
    event: Extract<BreakerEvent, { kind: 'hold' | 'release' }>,
    by: string,
    before: BreakerSnapshot,
    after: BreakerSnapshot,
  ): void;
  /** What is being told is told. */
  settled(): Promise<void>;
}

/** This process, in the changes that it judges alone. */
const PROCESS = `${hostname()}:${process.pid}`;

export function createChangeTeller(deps: {
  readonly key: string;
  readonly store: BreakerStore;
  readonly settings: BreakerSettings;
  readonly phaseOf: (snapshot: BreakerSnapshot) => BreakerPhase;
  readonly onTransition: (transition: BreakerTransition) => void;
  readonly log: Logger;
}): ChangeTeller {
  const { key, store, phaseOf, log } = deps;
  const { policy, mode } = deps.settings;
  let telling: Promise<void> | null = null;

  /** All workers see a change; the one whose note the store takes tells of it. */
  async function tell(seen: BreakerSnapshot): Promise<void> {
    const { record, nowMs: atMs } = seen;
    const change = { from: record.noted, to: phaseOf(seen) };
    try {
      const noted = await store.apply(key, policy, { kind: 'noted', ...change });
      if (!noted.done) return;
      const reason = transitionReason(policy, record, change, atMs);
      announce({ ...change, atMs, reason, by: null }, noted);
    } catch (error) {
      // The next look at the breaker sees the change as well.
      log.debug({ breaker: key, err: error }, 'a change was not noted');
    } finally {
      telling = null;
    }
  }

  function announce(
    change: Omit<BreakerTransition, 'isDryRun' | 'process'>,
    { isShared }: BreakerSnapshot,
  ): void {
    const isDryRun = mode === 'dry-run';
    const transition = { ...change, isDryRun, process: isShared ? null : PROCESS };
    log.info({ breaker: key, ...transition }, `breaker ${key} is ${change.to}`);
    deps.onTransition(transition);
  }

  return {
    see(snapshot) {
      if (phaseOf(snapshot) !== snapshot.record.noted) telling ??= tell(snapshot);
    },
    operated(event, by, before, after) {
      const from = phaseOf(before);
      const atMs = after.nowMs;
      if (event.kind === 'hold') {
        announce({ atMs, from, to: 'isolated', reason: event.reason, by }, after);
      } else {
        const reason = 'released by an operator';
        announce({ atMs, from, to: 'recovering', reason, by }, after);
      }
    },
    settled: async () => void (await telling),
  };
}
