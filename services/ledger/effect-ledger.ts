import { and, eq, inArray, sql } from 'drizzle-orm';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { EffectClass, ToolId, ToolResult } from '../../common/tool.ts';
import type { Database } from '../database/database.ts';
import { effects } from '../database/schema.ts';
import { groupCalls } from '../database/group-calls.ts';
import { storableText } from '../database/storable-text.ts';
import { isRefusal, withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';
import type { BegunEffect } from './effect-statements.ts';
import { nameOf, prepareEffectStatements } from './effect-statements.ts';
import { GIVEN_UP } from './on-repeat.ts';

/** A call that may change the world. */
export interface EffectCall {
  readonly tenantId: TenantId;
  /** The same for every attempt of one step. */
  readonly key: string;
  readonly effect: Exclude<EffectClass, 'read'>;
  readonly tool: ToolId;
  readonly fingerprint: string;
  /** Tells a repeat from another call under the same key. */
  readonly argsDigest: string;
}

/** The right of one attempt to write about its call, until another attempt takes over. */
export interface SendPermit {
  readonly tenantId: TenantId;
  readonly key: string;
  readonly fence: number;
  /** An earlier attempt of this `keyed` call may have been sent. */
  readonly resend: boolean;
}

export type EffectStart =
  | ({ readonly kind: 'send' } & SendPermit)
  /** It was done before: this is its answer. */
  | { readonly kind: 'done'; readonly result: ToolResult }
  /** It may have been sent before: it must not be sent again. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** A call whose end nobody knows, for a person to decide. Times are ms since the epoch. */
export interface UnknownEffect {
  readonly key: string;
  readonly tool: ToolId;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/**
 * What was sent and how it ended, written around every call that is no `read`: so that a crash at
 * any point neither loses an effect nor repeats one. One row for each tenant and key:
 *
 *     SENT -> DONE                  an attempt that took its course
 *     INTENT, SENT -> NOT_SENT      nothing left this process, or the server asked a person something
 *                                   before it acts; the next attempt starts anew
 *     SENT -> UNKNOWN               it may have acted; only `resolve` leads out (`keyed`: a repeat)
 *
 * An attempt that is ready begins as SENT, in one statement before its first byte leaves. INTENT is
 * one that is known not to be sent. Each attempt raises the fence, so an attempt that was given up,
 * and comes back, writes nothing. Every transition is part of one statement; transitions of many
 * calls that come at once share it.
 */
export interface EffectLedger {
  /**
   * Must be called, and awaited, before the first byte leaves: with `kind: 'send'` the call counts
   * as sent from now on.
   *
   * @param as `INTENT` where it will not be sent, to learn what is known of it. @default 'SENT'
   * @throws ServiceError (Conflict) when the key was used for another call.
   */
  begin(call: EffectCall, as?: 'SENT' | 'INTENT'): Promise<EffectStart>;
  /** @throws ServiceError (Conflict) when another attempt has taken over; nothing is written. */
  done(permit: SendPermit, result: ToolResult): Promise<void>;
  /** Only where it is certain. Silent when another attempt has taken over. */
  notSent(permit: SendPermit, reason: string): Promise<void>;
  /** It may have acted. Silent when another attempt has taken over. */
  unknown(permit: SendPermit, reason: string): Promise<void>;
  /**
   * Gives up a call that failed, so that another may be made in its place: an attempt that comes
   * back, or begins only now, can no longer send it (Conflict).
   *
   * @returns `false` where it may have been sent.
   */
  giveUp(tenantId: TenantId, key: string): Promise<boolean>;
  /** Whether it was sent, and nobody has said since that it is to be sent again. */
  mayHaveActed(tenantId: TenantId, key: string): Promise<boolean>;
  /** Oldest first, at most 1,000. */
  listUnknown(tenantId: TenantId): Promise<readonly UnknownEffect[]>;
  /**
   * A person's decision about an unknown end. `retry`: the next attempt sends it again. `done`: it
   * acted, and `result` is its answer. `abort`: attempts get an error result, nothing is sent.
   *
   * @throws ServiceError (Conflict) when the end is not unknown (any more).
   */
  resolve(
    tenantId: TenantId,
    key: string,
    decision: 'retry' | 'done' | 'abort',
    result?: ToolResult,
  ): Promise<void>;
}

const MAX_LISTED = 1_000;

export function createEffectLedger(
  database: Pick<Database, 'db' | 'kind' | 'statement'>,
): EffectLedger {
  const { db, kind } = database;
  const statements = prepareEffectStatements(database);
  const grouping = {
    keyOf: nameOf,
    didNothing: isRefusal,
    // PGlite has one connection, and other work wants those of PostgreSQL too.
    atOnce: kind === 'pglite' ? 1 : 4,
  };
  const begin = groupCalls({ ...grouping, run: statements.begin });
  const advance = groupCalls({ ...grouping, run: statements.advance });

  return withDatabaseErrors({
    async begin(call, as = 'SENT') {
      const row = await begin({ ...call, state: as, updatedAtMs: Date.now() });
      return startOf(call, row);
    },

    async done(permit, result) {
      const isOurs = await advance({ ...permit, from: ['SENT'], to: 'DONE', result });
      if (!isOurs) throw takenOver(permit);
    },

    async notSent(permit, reason) {
      // What an earlier attempt sent is not undone by what this one did not send.
      if (permit.resend) return;
      await advance({
        ...permit,
        from: ['INTENT', 'SENT'],
        to: 'NOT_SENT',
        reason: storableText(reason),
      });
    },

    async unknown(permit, reason) {
      await advance({ ...permit, from: ['SENT'], to: 'UNKNOWN', reason: storableText(reason) });
    },

    giveUp: (tenantId, key) => giveUp(db, tenantId, key),

    mayHaveActed: (tenantId, key) => mayHaveActed(db, tenantId, key),

    async listUnknown(tenantId) {
      const rows = await db
        .select()
        .from(effects)
        .where(and(eq(effects.tenantId, tenantId), eq(effects.state, 'UNKNOWN')))
        .orderBy(effects.updatedAtMs)
        .limit(MAX_LISTED);
      return rows.map(({ key, tool, reason, createdAtMs, updatedAtMs }) => ({
        key,
        tool,
        reason: reason ?? '',
        createdAtMs,
        updatedAtMs,
      }));
    },

    async resolve(tenantId, key, decision, result) {
      const [row] = await db
        .update(effects)
        .set({
          ...decided(decision, result),
          fence: sql`${effects.fence} + 1`,
          updatedAtMs: Date.now(),
        })
        .where(
          and(eq(effects.tenantId, tenantId), eq(effects.key, key), eq(effects.state, 'UNKNOWN')),
        )
        .returning({ key: effects.key });
      if (row !== undefined) return;
      throw new ServiceError(
        FAILURE.conflict,
        `There is no call with the key "${key}" whose end is unknown. It may have been decided already: list the unknown ones again.`,
      );
    },
  });
}

async function mayHaveActed(db: Database['db'], tenantId: TenantId, key: string): Promise<boolean> {
  const [row] = await db
    .select({ state: effects.state })
    .from(effects)
    .where(and(eq(effects.tenantId, tenantId), eq(effects.key, key)));
  return row !== undefined && row.state !== 'INTENT' && row.state !== 'NOT_SENT';
}

/** Leaves a row even where there was none: the call may be about to begin. */
async function giveUp(db: Database['db'], tenantId: TenantId, key: string): Promise<boolean> {
  const now = Date.now();
  const left = { state: 'NOT_SENT', reason: GIVEN_UP, updatedAtMs: now } as const;
  const nothing = { effect: 'non-idempotent', tool: '' as ToolId, argsDigest: '' } as const;
  const rows = await db
    .insert(effects)
    .values({ tenantId, key, ...nothing, ...left, fence: 1, createdAtMs: now })
    .onConflictDoUpdate({
      target: [effects.tenantId, effects.key],
      set: { ...left, fence: sql`${effects.fence} + 1` },
      setWhere: inArray(effects.state, ['INTENT', 'NOT_SENT']),
    })
    .returning({ key: effects.key });
  return rows.length === 1;
}

function startOf(call: EffectCall, row: BegunEffect): EffectStart {
  const { tenantId, key } = call;
  const same = row.tool === call.tool && row.argsDigest === call.argsDigest;
  if (row.state === 'NOT_SENT') {
    throw new ServiceError(
      FAILURE.conflict,
      `The call with the key "${key}" was given up and not sent. ${GIVEN_UP}`,
    );
  }
  if (row.state === 'UNKNOWN') return { kind: 'unknown', reason: row.reason ?? '' };
  if (row.state === 'DONE' && same && row.result !== null) {
    return { kind: 'done', result: row.result };
  }
  if (row.state === 'DONE') {
    throw new ServiceError(
      FAILURE.conflict,
      `The key "${key}" was used before for another call: "${row.tool}"${row.tool === call.tool ? ' with other arguments' : ''}. ` +
        'That call is done and was not repeated. A new call needs a new key.',
    );
  }
  // `onRepeat` gives a reason to what was sent before, and to nothing else that may be sent.
  return { kind: 'send', tenantId, key, fence: row.fence, resend: row.reason !== null };
}

function decided(
  decision: 'retry' | 'done' | 'abort',
  result: ToolResult | undefined,
): Partial<typeof effects.$inferInsert> {
  if (decision === 'retry')
    return { state: 'NOT_SENT', reason: 'A person decided to send it again.' };
  if (decision === 'abort') {
    const text =
      'A person ended this call. Whether it acted was not established, and it was not sent again.';
    const ended: ToolResult = {
      isError: true,
      content: [{ kind: 'text', text }],
      structured: null,
      artifact: null,
    };
    return { state: 'DONE', result: ended, reason: text };
  }
  if (result === undefined) {
    throw new ServiceError(
      FAILURE.badInput,
      'A call that a person declares done needs its result. Give one; text such as "done" is enough.',
    );
  }
  return { state: 'DONE', result, reason: 'A person declared it done.' };
}

function takenOver(permit: SendPermit): ServiceError {
  return new ServiceError(
    FAILURE.conflict,
    `Another attempt has taken over the call with the key "${permit.key}" (fence ${permit.fence} is out of date). Its answer was not recorded.`,
  );
}
