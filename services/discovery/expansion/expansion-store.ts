import { and, eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import type { LlmUsage } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { Database } from '../../database/database.ts';
import { toolExpansions } from '../../database/schema.ts';
import { withDatabaseErrors } from '../../database/with-database-errors.ts';

/** What a tool's definition was expanded with, or how far that is. */
export interface Expansion {
  readonly fingerprint: string;
  readonly state: 'writing' | 'done' | 'failed';
  /** Empty unless done; then also where the model wrote nothing of use. */
  readonly requests: readonly string[];
  /** Times that writing was begun. */
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly updatedAtMs: number;
}

/** Example requests by tenant and tool definition: written once, whoever restarts in between. */
export interface ExpansionStore {
  list(tenantId: TenantId): Promise<readonly Expansion[]>;
  /**
   * Takes a definition for writing, from whoever began longer ago than `staleMs`.
   *
   * @returns `false` where another worker has it, or it is done.
   */
  claim(tenantId: TenantId, fingerprint: string, staleMs: number): Promise<boolean>;
  done(
    tenantId: TenantId,
    fingerprint: string,
    requests: readonly string[],
    usage: LlmUsage,
  ): Promise<void>;
  failed(tenantId: TenantId, fingerprint: string): Promise<void>;
  /** Gives a claim back as if it had not been made: it was not the tool's fault. */
  release(tenantId: TenantId, fingerprint: string): Promise<void>;
}

export function createExpansionStore(
  { db }: Pick<Database, 'db'>,
  nowMs: () => number = Date.now,
): ExpansionStore {
  const { tenantId: tenant, fingerprint: key, state, updatedAtMs } = toolExpansions;
  const one = (tenantId: TenantId, fingerprint: string) =>
    and(eq(tenant, tenantId), eq(key, fingerprint));
  const set = async (
    tenantId: TenantId,
    fingerprint: string,
    values: PgUpdateSetSource<typeof toolExpansions>,
  ): Promise<void> => {
    await db
      .update(toolExpansions)
      .set({ ...values, updatedAtMs: nowMs() })
      .where(one(tenantId, fingerprint));
  };

  return withDatabaseErrors({
    list: (tenantId) => db.select().from(toolExpansions).where(eq(tenant, tenantId)),
    async claim(tenantId, fingerprint, staleMs) {
      const now = nowMs();
      const taken = await db
        .insert(toolExpansions)
        .values({
          tenantId,
          fingerprint,
          state: 'writing',
          requests: [],
          attempts: 1,
          updatedAtMs: now,
        })
        .onConflictDoUpdate({
          target: [tenant, key],
          set: {
            state: 'writing',
            attempts: sql`${toolExpansions.attempts} + 1`,
            updatedAtMs: now,
          },
          setWhere: sql`${state} = 'failed' OR (${state} = 'writing' AND ${updatedAtMs} < ${now - staleMs})`,
        })
        .returning({ key });
      return taken.length > 0;
    },
    done: (tenantId, fingerprint, requests, { inputTokens, outputTokens, costUsd }) =>
      set(tenantId, fingerprint, { state: 'done', requests, inputTokens, outputTokens, costUsd }),
    failed: (tenantId, fingerprint) => set(tenantId, fingerprint, { state: 'failed' }),
    release: (tenantId, fingerprint) =>
      set(tenantId, fingerprint, {
        state: 'failed',
        attempts: sql`${toolExpansions.attempts} - 1`,
      }),
  });
}
