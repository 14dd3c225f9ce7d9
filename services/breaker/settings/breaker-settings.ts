import { and, eq } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BreakerPreset } from '../../../common/breaker-policies.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { Database, SqlDatabase } from '../../database/database.ts';
import { breakerSettings } from '../../database/schema.ts';
import { withDatabaseErrors } from '../../database/with-database-errors.ts';
import type { BreakerSettings, BreakerTarget } from '../breakers.ts';
import type { BreakerOverrides } from './breaker-overrides.ts';
import { isFitting, mergeOverrides, resolveOverrides } from './breaker-overrides.ts';
import type { BreakerRules } from './parse-breakers-file.ts';
import { rulesFor } from './parse-breakers-file.ts';

/** What a tenant's operator has set of one target. */
export interface StoredOverrides {
  readonly overrides: BreakerOverrides;
  readonly updatedBy: string;
  readonly updatedAtMs: number;
}

/**
 * How each breaker judges: its preset, then the deployment's file, then what the tenant's operator has
 * set. Kept in SQL, so every worker has it after a second and nothing loses it.
 */
export interface BreakerSettingsStore {
  /** Never throws: while the database does not answer, what was known last goes on. */
  of(target: BreakerTarget): Promise<BreakerSettings>;
  /** What an operator has set, or `null`. */
  stored(target: BreakerTarget): Promise<StoredOverrides | null>;
  /**
   * Adds to what is set of the target.
   *
   * @throws ServiceError (BadInput) where the parts do not fit each other.
   */
  set(target: BreakerTarget, overrides: BreakerOverrides, by: string): Promise<void>;
  /** Back to file and preset. @returns false where nothing was set. */
  reset(target: BreakerTarget, by: string): Promise<boolean>;
}

const TTL_MS = 1_000;
const MAX_TENANTS = 10_000;
const MAX_TARGETS = 10_000;

type TenantOverrides = ReadonlyMap<string, StoredOverrides>;
interface Resolved {
  readonly rows: TenantOverrides;
  readonly rules: BreakerRules;
  readonly preset: BreakerPreset;
  readonly settings: BreakerSettings;
}
interface Read {
  readonly rows: TenantOverrides;
  readonly atMs: number;
}

export function createBreakerSettings(deps: {
  readonly db: SqlDatabase;
  /** What the deployment's file says now. */
  readonly rules: () => BreakerRules;
  /** Of all targets that nothing else is said of. */
  readonly mode: BreakerSettings['mode'];
  /** What kind of dependency it is. */
  readonly presetOf: (target: BreakerTarget) => Promise<BreakerPreset>;
  readonly log: Logger;
}): BreakerSettingsStore {
  const { db, log } = deps;
  const { read, known } = tenantReads(db, log);
  const saidOf = (target: BreakerTarget): BreakerOverrides =>
    mergeOverrides({ mode: deps.mode }, rulesFor(deps.rules(), target));

  /** Asked at every call: worked out once for each reading. */
  const resolved = new LRUCache<string, Resolved>({ max: MAX_TARGETS });

  return {
    async of(target) {
      const [preset, rows] = await Promise.all([deps.presetOf(target), known(target.tenantId)]);
      const key = keyOf(target);
      const rules = deps.rules();
      const found = resolved.get(`${target.tenantId}/${key}`);
      if (found?.rows === rows && found.rules === rules && found.preset === preset) {
        return found.settings;
      }
      const stored = rows.get(key)?.overrides ?? {};
      const { settings, left } = resolveWhatFits(preset, saidOf(target), stored);
      if (left !== null && found?.rules !== rules) {
        log.warn({ ...target, left }, 'what is set of a breaker does not fit the breakers file');
      }
      resolved.set(`${target.tenantId}/${key}`, { rows, rules, preset, settings });
      return settings;
    },
    ...withDatabaseErrors({
      stored: async (target: BreakerTarget) =>
        (await read(target.tenantId)).get(keyOf(target)) ?? null,
      async set(target: BreakerTarget, overrides: BreakerOverrides, by: string) {
        const before = (await readTenant(db, target.tenantId)).get(keyOf(target));
        const merged = mergeOverrides(before?.overrides ?? {}, overrides);
        resolveOverrides(await deps.presetOf(target), mergeOverrides(saidOf(target), merged));
        await write(db, target, { overrides: merged, updatedBy: by, updatedAtMs: Date.now() });
        await read(target.tenantId);
        log.info({ audit: 'breakers', ...target, by, set: overrides }, 'breaker settings changed');
      },
      async reset(target: BreakerTarget, by: string) {
        const removed = await remove(db, target);
        await read(target.tenantId);
        log.info({ audit: 'breakers', ...target, by, removed }, 'breaker settings reset');
        return removed;
      },
    }),
  };
}

interface TenantReads {
  /** Asks the database; who asks meanwhile shares the answer. */
  read(tenantId: TenantId): Promise<TenantOverrides>;
  /** What was read of late. No call waits for a second reading: the next one has it. */
  known(tenantId: TenantId): Promise<TenantOverrides>;
}

function tenantReads(db: SqlDatabase, log: Logger): TenantReads {
  const recent = new LRUCache<TenantId, Read>({ max: MAX_TENANTS });
  const reading = new Map<TenantId, Promise<TenantOverrides>>();

  function read(tenantId: TenantId): Promise<TenantOverrides> {
    const underWay = reading.get(tenantId);
    if (underWay !== undefined) return underWay;
    const started = readTenant(db, tenantId)
      .then((rows) => {
        recent.set(tenantId, { rows, atMs: performance.now() });
        return rows;
      })
      .finally(() => reading.delete(tenantId));
    reading.set(tenantId, started);
    return started;
  }

  async function known(tenantId: TenantId): Promise<TenantOverrides> {
    const found = recent.get(tenantId);
    if (found === undefined) {
      return read(tenantId).catch((error: unknown) => {
        warn(error);
        recent.set(tenantId, { rows: NONE, atMs: performance.now() });
        return NONE;
      });
    }
    if (performance.now() - found.atMs > TTL_MS) void read(tenantId).catch(warn);
    return found.rows;
  }
  const warn = (error: unknown): void =>
    log.warn({ err: error }, 'settings of breakers cannot be read: what was known goes on');
  return { read, known };
}

/** What was set to fit another version of the file may not fit this one: then it is left out. */
function resolveWhatFits(
  preset: BreakerPreset,
  said: BreakerOverrides,
  stored: BreakerOverrides,
): { readonly settings: BreakerSettings; readonly left: BreakerOverrides | null } {
  const all = mergeOverrides(said, stored);
  if (isFitting(preset, all)) return { settings: resolveOverrides(preset, all), left: null };
  const fits = isFitting(preset, said) ? said : {};
  return { settings: resolveOverrides(preset, fits), left: all };
}

const NONE: TenantOverrides = new Map();

function keyOf({ kind, name }: Pick<BreakerTarget, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

async function readTenant(db: SqlDatabase, tenantId: TenantId): Promise<TenantOverrides> {
  const rows = await db
    .select()
    .from(breakerSettings)
    .where(eq(breakerSettings.tenantId, tenantId));
  return new Map(
    rows.map(({ overrides, updatedBy, updatedAtMs, ...row }) => [
      keyOf(row),
      { overrides, updatedBy, updatedAtMs },
    ]),
  );
}

async function write(
  db: Database['db'],
  { tenantId, kind, name }: BreakerTarget,
  row: StoredOverrides,
): Promise<void> {
  await db
    .insert(breakerSettings)
    .values({ tenantId, kind, name, ...row })
    .onConflictDoUpdate({
      target: [breakerSettings.tenantId, breakerSettings.kind, breakerSettings.name],
      set: row,
    });
}

async function remove(db: SqlDatabase, { tenantId, kind, name }: BreakerTarget): Promise<boolean> {
  const removed = await db
    .delete(breakerSettings)
    .where(
      and(
        eq(breakerSettings.tenantId, tenantId),
        eq(breakerSettings.kind, kind),
        eq(breakerSettings.name, name),
      ),
    )
    .returning({ name: breakerSettings.name });
  return removed.length > 0;
}
