import type { Logger } from 'pino';
import type { TenantId } from '../../../common/tenant.ts';
import type { SqlDatabase } from '../../database/database.ts';
import { withDatabaseErrors } from '../../database/with-database-errors.ts';
import type { AttemptRecord } from '../attempt-chain.ts';
import type { UsageRow } from './usage-rows.ts';
import {
  addToRow,
  addUsageRows,
  dropUsageBefore,
  newRow,
  readUsage,
  rowKey,
} from './usage-rows.ts';

/** What model calls were, used and cost: the history that suggestions and health are made from. */
export interface UsageLog {
  /** Counts an attempt that ended. Never throws, never waits. */
  record(attempt: AttemptRecord): void;
  /** Stretches of five minutes, oldest first. What is not written yet is not among them. */
  since(tenantId: TenantId, atMs: number, route?: string): Promise<readonly UsageRow[]>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export const STRETCH_MS = 5 * 60_000;
const FLUSH_MS = 10_000;
const KEEP_MS = 31 * 86_400_000;
/** Between two looks for what is too old. */
const DROP_EVERY_MS = 3_600_000;
/** More wait only while the database is away; then the oldest are as good as lost. */
const MAX_WAITING = 10_000;

export function createUsageLog(deps: {
  readonly db: SqlDatabase;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}): UsageLog {
  const { db, log, nowMs = Date.now } = deps;
  let waiting = new Map<string, UsageRow>();
  let droppedMs = 0;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const rows = [...waiting.values()];
    if (rows.length === 0) return;
    const before = waiting;
    waiting = new Map();
    try {
      await addUsageRows(db, rows);
      if (nowMs() - droppedMs > DROP_EVERY_MS) {
        droppedMs = nowMs();
        await dropUsageBefore(db, nowMs() - KEEP_MS);
      }
    } catch (error) {
      log.warn({ err: error }, 'the history of model calls cannot be written: it is tried again');
      // What came meanwhile is newer: it goes on top.
      for (const [key, row] of before) {
        const newer = waiting.get(key);
        if (newer !== undefined) waiting.set(key, addToRow(row, newer));
        else if (waiting.size < MAX_WAITING) waiting.set(key, row);
      }
    }
  }
  const flush = (): Promise<void> => (writing = writing.then(write));
  const timer = setInterval(() => void flush(), FLUSH_MS).unref();

  return {
    record(attempt) {
      const atMs = Math.floor(nowMs() / STRETCH_MS) * STRETCH_MS;
      const row = newRow(attempt, atMs);
      const key = rowKey(row);
      const known = waiting.get(key);
      if (known !== undefined) waiting.set(key, addToRow(known, row));
      else if (waiting.size < MAX_WAITING) waiting.set(key, row);
    },
    ...withDatabaseErrors({
      since: (tenantId: TenantId, atMs: number, route?: string) =>
        readUsage(db, tenantId, atMs, route ?? null),
    }),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
