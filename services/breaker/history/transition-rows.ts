import { and, desc, eq, gte, lt } from 'drizzle-orm';
import type { BreakerTransition } from '../../../common/breaker-transition.ts';
import { isProbing } from '../../../common/breaker-transition.ts';
import type { SqlDatabase } from '../../database/database.ts';
import { breakerTransitions } from '../../database/schema.ts';
import type { BreakerTarget } from '../breakers.ts';
import type { TransitionQuery } from './breaker-history.ts';

/** A change of one breaker's phase. */
export type TransitionRow = typeof breakerTransitions.$inferSelect;

/** Lines kept of one target. */
const MAX_CHANGES = 200;
const MAX_PROBES = 50;

export function newTransitionRow(
  { tenantId, kind, name }: BreakerTarget,
  transition: BreakerTransition,
): TransitionRow {
  return { tenantId, kind, name, ...transition, isProbe: isProbing(transition) };
}

/** A row that is there already stays: a write whose answer was lost is made again. */
export async function addTransitions(
  db: SqlDatabase,
  rows: readonly TransitionRow[],
): Promise<void> {
  await db
    .insert(breakerTransitions)
    .values([...rows])
    .onConflictDoNothing();
}

type OneKind = Pick<TransitionRow, 'tenantId' | 'kind' | 'name' | 'isProbe'>;

export function targetsOf(rows: readonly TransitionRow[]): readonly OneKind[] {
  const one = ({ tenantId, kind, name, isProbe }: TransitionRow) =>
    [JSON.stringify([tenantId, kind, name, isProbe]), { tenantId, kind, name, isProbe }] as const;
  return [...new Map(rows.map(one)).values()];
}

/** Drops all but the newest of a target. */
export async function trimTransitions(db: SqlDatabase, row: OneKind): Promise<void> {
  const same = and(
    eq(breakerTransitions.tenantId, row.tenantId),
    eq(breakerTransitions.kind, row.kind),
    eq(breakerTransitions.name, row.name),
    eq(breakerTransitions.isProbe, row.isProbe),
  );
  const [oldest] = await db
    .select({ atMs: breakerTransitions.atMs })
    .from(breakerTransitions)
    .where(same)
    .orderBy(desc(breakerTransitions.atMs))
    .offset((row.isProbe ? MAX_PROBES : MAX_CHANGES) - 1)
    .limit(1);
  if (oldest === undefined) return;
  await db.delete(breakerTransitions).where(and(same, lt(breakerTransitions.atMs, oldest.atMs)));
}

export async function dropTransitionsBefore(db: SqlDatabase, beforeMs: number): Promise<void> {
  await db.delete(breakerTransitions).where(lt(breakerTransitions.atMs, beforeMs));
}

export async function readTransitions(
  db: SqlDatabase,
  { tenantId, sinceMs, limit, kind, target }: TransitionQuery,
): Promise<readonly TransitionRow[]> {
  return db
    .select()
    .from(breakerTransitions)
    .where(
      and(
        eq(breakerTransitions.tenantId, tenantId),
        gte(breakerTransitions.atMs, sinceMs),
        ...(kind === undefined ? [] : [eq(breakerTransitions.kind, kind)]),
        ...(target === undefined
          ? []
          : [eq(breakerTransitions.kind, target.kind), eq(breakerTransitions.name, target.name)]),
      ),
    )
    .orderBy(desc(breakerTransitions.atMs))
    .limit(limit);
}
