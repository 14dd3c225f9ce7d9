import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Logger } from 'pino';
import { LRUCache } from 'lru-cache';
import { FAILURE } from '../../common/failures.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database, SqlDatabase } from '../database/database.ts';
import { compositionRules } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';
import { didYouMean } from '../planner/nearest-names.ts';
import { MAX_RULES } from './parse-rules-file.ts';

export type RuleSource = 'operator' | 'file' | 'suggestion';

export interface StoredRule {
  readonly rule: CompositionRule;
  /** Who wrote it down. */
  readonly source: RuleSource;
  readonly updatedBy: string;
  readonly updatedAtMs: number;
}

/** The composition rules of each tenant. Every change is in the log with who made it. */
export interface Rules {
  /** Ordered by name. */
  list(tenantId: TenantId): Promise<readonly StoredRule[]>;
  /** The rules alone, at most a second old where another process changed them. */
  active(tenantId: TenantId): Promise<readonly CompositionRule[]>;
  /** @throws ServiceError (NotFound) naming the nearest rule. */
  get(tenantId: TenantId, name: string): Promise<StoredRule>;
  /**
   * Writes a rule, or replaces the one of its name.
   *
   * @throws ServiceError (Conflict) where the tenant has 1,000 rules.
   */
  put(tenantId: TenantId, rule: CompositionRule, source: RuleSource, by: string): Promise<void>;
  /**
   * Makes the tenant's rules of files those of this file: writes them all, and removes what an
   * earlier file had and this one has not.
   *
   * @returns the names that were removed.
   */
  applyFile(
    tenantId: TenantId,
    rules: readonly CompositionRule[],
    by: string,
  ): Promise<readonly string[]>;
  /** @throws ServiceError (NotFound) naming the nearest rule. */
  remove(tenantId: TenantId, name: string, by: string): Promise<void>;
}

const TTL_MS = 1_000;
const MAX_TENANTS = 10_000;

type Row = typeof compositionRules.$inferSelect;

export function createRules(deps: Pick<Database, 'db'> & { readonly log: Logger }): Rules {
  const { db, log } = deps;
  const recent = new LRUCache<TenantId, readonly CompositionRule[]>({
    max: MAX_TENANTS,
    ttl: TTL_MS,
  });
  const list = (tenantId: TenantId) => listRules(db, tenantId);

  function changed(tenantId: TenantId, by: string, what: object): void {
    recent.delete(tenantId);
    log.info({ audit: 'rules', tenantId, by, ...what }, 'composition rules changed');
  }

  async function write(
    tenantId: TenantId,
    rules: readonly CompositionRule[],
    source: RuleSource,
    by: string,
  ): Promise<void> {
    await writeRules(db, tenantId, rules, { source, updatedBy: by });
    changed(tenantId, by, { put: rules.map(({ name }) => name), source });
  }

  async function drop(tenantId: TenantId, names: readonly string[], by: string): Promise<boolean> {
    const dropped = await deleteRules(db, tenantId, names);
    if (dropped.length > 0) changed(tenantId, by, { removed: dropped });
    return dropped.length > 0;
  }

  return withDatabaseErrors({
    list,
    async active(tenantId) {
      const known = recent.get(tenantId);
      if (known !== undefined) return known;
      const rules = (await list(tenantId)).map(({ rule }) => rule);
      recent.set(tenantId, rules);
      return rules;
    },
    async get(tenantId, name) {
      const rules = await list(tenantId);
      const found = rules.find(({ rule }) => rule.name === name);
      if (found === undefined) throw noSuchRule(name, rules);
      return found;
    },
    put: (tenantId, rule, source, by) => write(tenantId, [rule], source, by),
    async applyFile(tenantId, rules, by) {
      const kept = new Set(rules.map(({ name }) => name));
      const gone = (await list(tenantId))
        .filter(({ source, rule }) => source === 'file' && !kept.has(rule.name))
        .map(({ rule }) => rule.name);
      await drop(tenantId, gone, by);
      await write(tenantId, rules, 'file', by);
      return gone;
    },
    async remove(tenantId, name, by) {
      if (await drop(tenantId, [name], by)) return;
      throw noSuchRule(name, await list(tenantId));
    },
  });
}

async function listRules(db: SqlDatabase, tenantId: TenantId): Promise<readonly StoredRule[]> {
  const rows = await db
    .select()
    .from(compositionRules)
    .where(eq(compositionRules.tenantId, tenantId))
    .orderBy(asc(compositionRules.name));
  return rows.map(toStored);
}

async function writeRules(
  db: SqlDatabase,
  tenantId: TenantId,
  rules: readonly CompositionRule[],
  origin: Pick<StoredRule, 'source' | 'updatedBy'>,
): Promise<void> {
  const known = new Set((await listRules(db, tenantId)).map(({ rule }) => rule.name));
  const added = rules.filter(({ name }) => !known.has(name)).length;
  if (known.size + added > MAX_RULES) throw tooMany(known.size + added);
  const updatedAtMs = Date.now();
  await db.transaction(async (tx) => {
    for (const rule of rules) {
      const row = { rule, ...origin, updatedAtMs };
      await tx
        .insert(compositionRules)
        .values({ tenantId, name: rule.name, ...row })
        .onConflictDoUpdate({
          target: [compositionRules.tenantId, compositionRules.name],
          set: row,
        });
    }
  });
}

async function deleteRules(
  db: SqlDatabase,
  tenantId: TenantId,
  names: readonly string[],
): Promise<readonly string[]> {
  const { name, tenantId: tenant } = compositionRules;
  const dropped = await db
    .delete(compositionRules)
    .where(and(eq(tenant, tenantId), inArray(name, [...names])))
    .returning({ name });
  return dropped.map((row) => row.name);
}

function toStored({ rule, source, updatedBy, updatedAtMs }: Row): StoredRule {
  return { rule, source, updatedBy, updatedAtMs };
}

function tooMany(count: number): ServiceError {
  return new ServiceError(
    FAILURE.conflict,
    `There would be ${count} composition rules; at most ${MAX_RULES} are kept. Remove some, or say more with patterns.`,
  );
}

function noSuchRule(name: string, rules: readonly StoredRule[]): ServiceError {
  const near = didYouMean(
    name,
    rules.map(({ rule }) => rule.name),
  );
  return new ServiceError(FAILURE.notFound, `There is no composition rule "${name}".${near}`);
}
