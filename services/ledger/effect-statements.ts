import { and, eq, sql } from 'drizzle-orm';
import type { ToolResult } from '../../common/tool.ts';
import type { SqlDatabase } from '../database/database.ts';
import { effects } from '../database/schema.ts';
import { onRepeat } from './on-repeat.ts';

export type EffectRow = typeof effects.$inferSelect;
type State = EffectRow['state'];

/** What is written of a call when an attempt begins. */
export type NewEffect = Omit<EffectRow, 'result' | 'reason' | 'fence' | 'createdAtMs'>;
/** The row after the insert, or after what `onRepeat` made of the one that was there. */
export type BegunEffect = Omit<EffectRow, 'effect' | 'fingerprint' | 'createdAtMs' | 'updatedAtMs'>;

export type EffectPlace = Pick<EffectRow, 'tenantId' | 'key' | 'fence'>;

export interface EffectStep extends EffectPlace {
  readonly from: readonly [State, State?];
  readonly to: State;
  readonly result?: ToolResult;
  readonly reason?: string;
}

/** Each takes any number of calls of different keys. */
export interface EffectStatements {
  begin(calls: readonly NewEffect[]): Promise<readonly BegunEffect[]>;
  /** @returns for each whether its row was as it said. */
  advance(steps: readonly EffectStep[]): Promise<readonly boolean[]>;
}

/**
 * The two statements around every effect, put together once: building their text anew costs as much
 * as running them. Unnamed, since a pooler may give each to another connection. The calls are one
 * JSON value, so that the text is the same for any number.
 */
export function prepareEffectStatements(db: SqlDatabase): EffectStatements {
  const begin = prepareBegin(db);
  const advance = prepareAdvance(db);
  return {
    async begin(calls) {
      // By key, so that two processes with the same calls do not wait for each other in a circle.
      const given = calls.toSorted(byPlace).map((call) => ({
        ...{ tenant_id: call.tenantId, key: call.key, effect: call.effect, tool: call.tool },
        ...{ fingerprint: call.fingerprint, args_digest: call.argsDigest, state: call.state },
        at_ms: call.updatedAtMs,
      }));
      const rows = await begin.execute({ calls: JSON.stringify(given) });
      const byName = new Map(rows.map((row) => [nameOf(row), row]));
      return calls.map((call) => {
        const row = byName.get(nameOf(call));
        if (row === undefined) throw new Error('INSERT … RETURNING left a row out.');
        return row;
      });
    },
    async advance(steps) {
      const given = steps.map(({ tenantId, key, fence, from, to, result, reason }) => ({
        ...{ tenant_id: tenantId, key, fence, from_state: from[0], or_from: from[1] ?? from[0] },
        to_state: to,
        // As text in the text: a reader of JSON takes offence at what strangers put into results.
        result: result === undefined ? null : JSON.stringify(result),
        reason: reason ?? null,
      }));
      const params = { steps: JSON.stringify(given), updatedAtMs: Date.now() };
      const rows = await advance.execute(params);
      const advanced = new Set(rows.map(nameOf));
      return steps.map((step) => advanced.has(nameOf(step)));
    },
  };
}

function prepareBegin(db: SqlDatabase) {
  return db
    .insert(effects)
    .select(
      sql`SELECT tenant_id, key, effect, tool, fingerprint, args_digest, state, 1, NULL::json,
        NULL::text, at_ms, at_ms FROM json_to_recordset(${sql.placeholder('calls')}::json)
        AS given(tenant_id text, key text, effect text, tool text, fingerprint text,
          args_digest text, state text, at_ms bigint)`,
    )
    .onConflictDoUpdate({ target: [effects.tenantId, effects.key], set: onRepeat })
    .returning({
      ...{ tenantId: effects.tenantId, key: effects.key, tool: effects.tool },
      ...{ argsDigest: effects.argsDigest, state: effects.state, fence: effects.fence },
      ...{ result: effects.result, reason: effects.reason },
    })
    .prepare('');
}

function prepareAdvance(db: SqlDatabase) {
  return db
    .update(effects)
    .set({
      state: sql`step.to_state`,
      result: sql`step.result::json`,
      reason: sql`step.reason`,
      updatedAtMs: sql`${sql.placeholder('updatedAtMs')}`,
    })
    .from(
      sql`json_to_recordset(${sql.placeholder('steps')}::json) AS step(tenant_id text, key text,
        fence integer, from_state text, or_from text, to_state text, result text, reason text)`,
    )
    .where(
      and(
        eq(effects.tenantId, sql`step.tenant_id`),
        eq(effects.key, sql`step.key`),
        eq(effects.fence, sql`step.fence`),
        // Two at most lead to any state.
        sql`${effects.state} IN (step.from_state, step.or_from)`,
      ),
    )
    .returning({ tenantId: effects.tenantId, key: effects.key })
    .prepare('');
}

export function nameOf({ tenantId, key }: Pick<EffectRow, 'tenantId' | 'key'>): string {
  return JSON.stringify([tenantId, key]);
}

function byPlace(one: NewEffect, other: NewEffect): number {
  return nameOf(one) < nameOf(other) ? -1 : 1;
}
