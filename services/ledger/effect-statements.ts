import { and, eq, sql } from 'drizzle-orm';
import type { ToolResult } from '../../common/tool.ts';
import type { SqlDatabase } from '../database/database.ts';
import { effects } from '../database/schema.ts';
import { onRepeat } from './on-repeat.ts';

type EffectRow = typeof effects.$inferSelect;
type State = EffectRow['state'];

export interface EffectStatements {
  /** The row after the insert, or after what `onRepeat` made of the one that was there. */
  begin(row: Omit<EffectRow, 'result' | 'reason' | 'state' | 'fence'>): Promise<EffectRow>;
  /** @returns the fence after it; `null` where the fence or the state is another. */
  advance(at: EffectPlace, step: EffectStep): Promise<number | null>;
}

export type EffectPlace = Pick<EffectRow, 'tenantId' | 'key' | 'fence'>;

export interface EffectStep {
  readonly from: readonly [State, State?];
  readonly to: State;
  readonly raiseFence?: boolean;
  readonly result?: ToolResult;
  readonly reason?: string;
}

const given = (name: string) => sql`${sql.placeholder(name)}`;

/**
 * The two statements around every effect, put together once: building their text anew costs as much
 * as running them. Unnamed, since a pooler may give each to another connection.
 */
export function prepareEffectStatements(db: SqlDatabase): EffectStatements {
  const begin = db
    .insert(effects)
    .values({
      tenantId: given('tenantId'),
      key: given('key'),
      effect: given('effect'),
      tool: given('tool'),
      fingerprint: given('fingerprint'),
      argsDigest: given('argsDigest'),
      state: 'INTENT',
      fence: 1,
      createdAtMs: given('createdAtMs'),
      updatedAtMs: given('updatedAtMs'),
    })
    .onConflictDoUpdate({ target: [effects.tenantId, effects.key], set: onRepeat })
    .returning()
    .prepare('');
  const advance = db
    .update(effects)
    .set({
      state: given('state'),
      fence: sql`${effects.fence} + ${sql.placeholder('raise')}`,
      result: sql`${sql.placeholder('result')}::json`,
      reason: given('reason'),
      updatedAtMs: given('updatedAtMs'),
    })
    .where(
      and(
        eq(effects.tenantId, given('tenantId')),
        eq(effects.key, given('key')),
        eq(effects.fence, given('fence')),
        // Two at most lead to any state.
        sql`${effects.state} IN (${sql.placeholder('from')}, ${sql.placeholder('orFrom')})`,
      ),
    )
    .returning({ fence: effects.fence })
    .prepare('');
  return {
    async begin(row) {
      const [written] = await begin.execute({ ...row });
      if (written === undefined) throw new Error('INSERT … RETURNING brought no row.');
      return written;
    },
    async advance({ tenantId, key, fence }, { from, to, raiseFence = false, result, reason }) {
      const [row] = await advance.execute({
        ...{ tenantId, key, fence },
        from: from[0],
        orFrom: from[1] ?? from[0],
        state: to,
        raise: raiseFence ? 1 : 0,
        result: result === undefined ? null : JSON.stringify(result),
        reason: reason ?? null,
        updatedAtMs: Date.now(),
      });
      return row?.fence ?? null;
    },
  };
}
