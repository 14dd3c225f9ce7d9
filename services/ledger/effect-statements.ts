import { and, eq, sql } from 'drizzle-orm';
import type { ToolResult } from '../../common/tool.ts';
import type { Database, SqlDatabase } from '../database/database.ts';
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
 * The statements around every effect, put together once: building their text anew costs as much
 * as running them. Calls are given as
 * arrays, one a column: the text is the same for any number, and PostgreSQL knows how many they are
 * (with JSON it takes a hundred for granted, and reads the whole table instead of the index).
 */
export function prepareEffectStatements({
  db,
  statement,
}: Pick<Database, 'db' | 'statement'>): EffectStatements {
  const insert = statement(insertNew(db));
  const repeat = prepareRepeat(db);
  const advance = statement(advanceGiven(db));
  return {
    async begin(calls) {
      const inserted = new Set((await insert(columnsOf(calls))).map(nameOf));
      const isNew = (call: NewEffect): boolean => inserted.has(nameOf(call));
      const repeats = calls.filter((call) => !isNew(call));
      const rows = repeats.length === 0 ? [] : await repeat.execute(columnsOf(repeats));
      const byName = new Map(rows.map((row) => [nameOf(row), row]));
      return calls.map((call) => {
        if (isNew(call)) return { ...call, fence: 1, result: null, reason: null };
        const row = byName.get(nameOf(call));
        if (row === undefined) throw new Error('INSERT … RETURNING left a row out.');
        return row;
      });
    },
    async advance(steps) {
      const rows = await advance({
        tenantIds: steps.map(({ tenantId }) => tenantId),
        keys: steps.map(({ key }) => key),
        fences: steps.map(({ fence }) => fence),
        // Two at most lead to any state.
        from: steps.map(({ from }) => from[0]),
        orFrom: steps.map(({ from }) => from[1] ?? from[0]),
        to: steps.map(({ to }) => to),
        results: steps.map(({ result }) => (result === undefined ? null : JSON.stringify(result))),
        reasons: steps.map(({ reason }) => reason ?? null),
        updatedAtMs: Date.now(),
      });
      const advanced = new Set(rows.map(nameOf));
      return steps.map((step) => advanced.has(nameOf(step)));
    },
  };
}

const given = (name: string) => sql`${sql.placeholder(name)}`;

function columnsOf(
  calls: readonly NewEffect[],
): Record<string, readonly (string | number | null)[]> {
  // By key, so that two processes with the same calls do not wait for each other in a circle.
  const rows = calls.toSorted(byPlace);
  return {
    tenantIds: rows.map(({ tenantId }) => tenantId),
    keys: rows.map(({ key }) => key),
    effects: rows.map(({ effect }) => effect),
    tools: rows.map(({ tool }) => tool),
    fingerprints: rows.map(({ fingerprint }) => fingerprint),
    argsDigests: rows.map(({ argsDigest }) => argsDigest),
    states: rows.map(({ state }) => state),
    atMs: rows.map(({ updatedAtMs }) => updatedAtMs),
  };
}

const newRows = sql`SELECT tenant_id, key, effect, tool, fingerprint, args_digest, state, 1, NULL::json,
          NULL::text, at_ms, at_ms
        FROM unnest(${given('tenantIds')}::text[], ${given('keys')}::text[],
          ${given('effects')}::text[], ${given('tools')}::text[], ${given('fingerprints')}::text[],
          ${given('argsDigests')}::text[], ${given('states')}::text[], ${given('atMs')}::bigint[])
        AS given(tenant_id, key, effect, tool, fingerprint, args_digest, state, at_ms)`;

const place = {
  tenantId: sql<EffectRow['tenantId']>`${effects.tenantId}`.as('tenantId'),
  key: sql<string>`${effects.key}`.as('key'),
};

/** What nearly always is all: its text is short, and a PostgreSQL server reads it anew each time. */
function insertNew(db: SqlDatabase) {
  return db
    .insert(effects)
    .select(newRows)
    .onConflictDoNothing({ target: [effects.tenantId, effects.key] })
    .returning(place);
}

/** For calls that were begun before. */
function prepareRepeat(db: SqlDatabase) {
  return db
    .insert(effects)
    .select(newRows)
    .onConflictDoUpdate({ target: [effects.tenantId, effects.key], set: onRepeat })
    .returning({
      ...{ tenantId: effects.tenantId, key: effects.key, tool: effects.tool },
      ...{ argsDigest: effects.argsDigest, state: effects.state, fence: effects.fence },
      ...{ result: effects.result, reason: effects.reason },
    })
    .prepare('');
}

function advanceGiven(db: SqlDatabase) {
  return db
    .update(effects)
    .set({
      state: sql`step.to_state`,
      result: sql`step.result::json`,
      reason: sql`step.reason`,
      updatedAtMs: given('updatedAtMs'),
    })
    .from(
      sql`unnest(${given('tenantIds')}::text[], ${given('keys')}::text[],
          ${given('fences')}::integer[], ${given('from')}::text[], ${given('orFrom')}::text[],
          ${given('to')}::text[], ${given('results')}::text[], ${given('reasons')}::text[])
        AS step(tenant_id, key, fence, from_state, or_from, to_state, result, reason)`,
    )
    .where(
      and(
        eq(effects.tenantId, sql`step.tenant_id`),
        eq(effects.key, sql`step.key`),
        eq(effects.fence, sql`step.fence`),
        // As a test, so that rows are found by their key: by state, all calls under way would be read.
        sql`(${effects.state} IN (step.from_state, step.or_from)) IS TRUE`,
      ),
    )
    .returning(place);
}

export function nameOf({ tenantId, key }: Pick<EffectRow, 'tenantId' | 'key'>): string {
  return JSON.stringify([tenantId, key]);
}

function byPlace(one: NewEffect, other: NewEffect): number {
  return nameOf(one) < nameOf(other) ? -1 : 1;
}
