import { desc, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolId } from '../../common/tool.ts';
import type { Database } from '../database/database.ts';
import { toolDurations } from '../database/schema.ts';
import type { ToolDurations } from './tool-durations.ts';
import { createToolDurations, MAX_TOOLS } from './tool-durations.ts';

export interface KeptDurations extends ToolDurations {
  /** Writes what is new. Never throws: the next time may work. */
  keep(): Promise<void>;
  /** Keeps what is new and looks at the clock no more. */
  close(): Promise<void>;
}

/** Between writes, ms: what a crash loses is little and only makes the order of starts worse. */
const KEEP_EVERY_MS = 10_000;
/** Rows of one statement. */
const PAGE = 500;

/**
 * Durations that outlive the process. Processes write over each other's averages: each of them is
 * as good as the other.
 */
export async function openToolDurations(
  { db }: Pick<Database, 'db'>,
  log: Logger,
  everyMs = KEEP_EVERY_MS,
): Promise<KeptDurations> {
  const durations = createToolDurations();
  const changed = new Map<string, readonly [TenantId, ToolId]>();
  const latest = desc(toolDurations.updatedAtMs);
  try {
    const rows = await db.select().from(toolDurations).orderBy(latest).limit(MAX_TOOLS);
    // The newest last: where there is no room for all, the oldest goes.
    for (const { tenantId, tool, meanMs } of rows.reverse()) {
      durations.record(tenantId, tool, meanMs);
    }
  } catch (error) {
    log.warn({ err: error }, 'how long tools take was not read: it is learned anew');
  }
  const keep = async (): Promise<void> => {
    const tools = [...changed.values()];
    changed.clear();
    for (let at = 0; at < tools.length; at += PAGE) {
      const now = Date.now();
      const rows = tools.slice(at, at + PAGE).map(([tenantId, tool]) => ({
        ...{ tenantId, tool, updatedAtMs: now },
        meanMs: durations.expected(tenantId, tool) ?? 0,
      }));
      const set = {
        meanMs: sql`excluded.mean_ms`,
        updatedAtMs: sql`excluded.updated_at_ms`,
      };
      const target = [toolDurations.tenantId, toolDurations.tool];
      await db.insert(toolDurations).values(rows).onConflictDoUpdate({ target, set });
    }
  };
  const keepOrLog = (): Promise<void> =>
    keep().catch((error: unknown) => log.warn({ err: error }, 'how long tools take was not kept'));
  const timer = setInterval(() => void keepOrLog(), everyMs);
  timer.unref();
  return {
    ...durations,
    record(tenantId, tool, durationMs) {
      durations.record(tenantId, tool, durationMs);
      changed.set(JSON.stringify([tenantId, tool]), [tenantId, tool]);
    },
    keep: keepOrLog,
    async close() {
      clearInterval(timer);
      await keepOrLog();
    },
  };
}
