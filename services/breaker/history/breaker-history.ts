import type { Logger } from 'pino';
import type { BreakerTransition } from '../../../common/breaker-transition.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { SqlDatabase } from '../../database/database.ts';
import { withDatabaseErrors } from '../../database/with-database-errors.ts';
import type { BreakerTarget } from '../breakers.ts';
import type { TransitionRow } from './transition-rows.ts';
import {
  addTransitions,
  dropTransitionsBefore,
  newTransitionRow,
  readTransitions,
  targetsOf,
  trimTransitions,
} from './transition-rows.ts';

export interface TransitionQuery {
  readonly tenantId: TenantId;
  readonly sinceMs: number;
  readonly limit: number;
  /** @default all kinds */
  readonly kind?: BreakerTarget['kind'];
  /** @default all of the tenant's */
  readonly target?: Pick<BreakerTarget, 'kind' | 'name'>;
}

/**
 * How breakers went from phase to phase, over all workers: kept in SQL, so that a restart and an empty
 * Redis lose nothing of it. For each target the newest 200 changes, and the newest 50 to and from
 * probes, for 31 days.
 */
export interface BreakerHistory {
  /** Writes within a second. Never throws, never waits. */
  record(target: BreakerTarget, transition: BreakerTransition): void;
  /** Newest first. What other processes have not written yet is not among them. */
  list(query: TransitionQuery): Promise<readonly TransitionRow[]>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
const KEEP_MS = 31 * 86_400_000;
/** Between two looks for what is too old. */
const DROP_EVERY_MS = 3_600_000;
/** More wait only while the database is away; then the oldest go. */
const MAX_WAITING = 1_000;
const SAME_MOMENT_MS = 50;

export function createBreakerHistory(deps: {
  readonly db: SqlDatabase;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}): BreakerHistory {
  const { db, log, nowMs = Date.now } = deps;
  let waiting: TransitionRow[] = [];
  let droppedMs = 0;
  let newestMs = 0;
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  async function write(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const rows = waiting;
    if (rows.length === 0) return;
    waiting = [];
    try {
      await addTransitions(db, rows);
      for (const target of targetsOf(rows)) await trimTransitions(db, target);
      if (nowMs() - droppedMs > DROP_EVERY_MS) {
        droppedMs = nowMs();
        await dropTransitionsBefore(db, nowMs() - KEEP_MS);
      }
    } catch (error) {
      log.warn({ err: error }, 'the history of breakers cannot be written: it is tried again');
      // A row that was written is not written twice.
      waiting = [...rows, ...waiting].slice(-MAX_WAITING);
      later();
    }
  }
  const flush = (): Promise<void> => (writing = writing.then(write));
  function later(): void {
    timer ??= setTimeout(() => void flush(), FLUSH_MS).unref();
  }

  return {
    record(target, transition) {
      // Changes of one millisecond stay in their order; a clock that was set back is believed.
      const isClose = transition.atMs <= newestMs && transition.atMs > newestMs - SAME_MOMENT_MS;
      newestMs = isClose ? newestMs + 1 : transition.atMs;
      const row = newTransitionRow(target, { ...transition, atMs: newestMs });
      waiting = [...waiting.slice(1 - MAX_WAITING), row];
      later();
    },
    ...withDatabaseErrors({
      async list(query: TransitionQuery) {
        await flush();
        return readTransitions(db, query);
      },
    }),
    flush,
    async close() {
      await flush();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
