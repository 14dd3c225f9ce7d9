import { sql } from 'drizzle-orm';
import { effects } from '../database/schema.ts';

/** What a second attempt's INSERT brings: `excluded` is PostgreSQL's name for it. */
const given = {
  effect: sql.raw('excluded.effect'),
  tool: sql.raw('excluded.tool'),
  fingerprint: sql.raw('excluded.fingerprint'),
  argsDigest: sql.raw('excluded.args_digest'),
  state: sql.raw('excluded.state'),
  updatedAtMs: sql.raw('excluded.updated_at_ms'),
};

/** The reason of a call that is never to be sent, whichever attempt comes. */
export const GIVEN_UP = 'Another call was made in its place.';

const neverSent = sql`(${effects.state} IN ('INTENT', 'NOT_SENT')
  AND ${effects.reason} IS DISTINCT FROM ${sql.raw(`'${GIVEN_UP}'`)})`;
const open = sql`${effects.state} IN ('SENT', 'UNKNOWN')`;
/** Both then and now the server drops repeats of the key, and it is the same call. */
const resendable = sql`(${open} AND ${effects.effect} = 'keyed' AND ${given.effect} = 'keyed'
  AND ${effects.tool} = ${given.tool} AND ${effects.argsDigest} = ${given.argsDigest})`;
const abandoned = sql`${effects.state} = 'SENT'`;

/**
 * How the row of a key changes when an attempt begins and the row is there already, by section of
 * the ledger's diagram: never sent -> anew; sent and resendable -> again; sent else -> nobody knows.
 * What is done, unknown or given up stays.
 */
export const onRepeat = {
  state: sql`CASE WHEN ${neverSent} THEN ${given.state} WHEN ${resendable} THEN 'SENT'
    WHEN ${abandoned} THEN 'UNKNOWN' ELSE ${effects.state} END`,
  fence: sql`CASE WHEN ${neverSent} OR ${resendable} OR ${abandoned} THEN ${effects.fence} + 1
    ELSE ${effects.fence} END`,
  reason: sql`CASE WHEN ${neverSent} THEN NULL
    WHEN ${resendable} THEN 'An earlier attempt may have been sent.'
    WHEN ${abandoned} THEN 'It was sent, and the attempt ended before its answer was recorded.'
    ELSE ${effects.reason} END`,
  effect: ifNeverSent('effect'),
  tool: ifNeverSent('tool'),
  fingerprint: ifNeverSent('fingerprint'),
  argsDigest: ifNeverSent('argsDigest'),
  updatedAtMs: given.updatedAtMs,
};

function ifNeverSent(column: 'effect' | 'tool' | 'fingerprint' | 'argsDigest') {
  return sql`CASE WHEN ${neverSent} THEN ${given[column]} ELSE ${effects[column]} END`;
}
