import { setImmediate } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import { isCovered } from '../../common/rules/suggest/covers-rule.ts';
import type { ObservedRun } from '../../common/rules/suggest/observed-run.ts';
import type { RuleSuggestion } from '../../common/rules/suggest/rule-suggestion.ts';
import { bySuggestionOrder } from '../../common/rules/suggest/rule-suggestion.ts';
import { suggestAlternative } from '../../common/rules/suggest/suggest-alternative.ts';
import { suggestFromRuns } from '../../common/rules/suggest/suggest-from-runs.ts';
import { suggestFromSchemas } from '../../common/rules/suggest/suggest-from-schemas.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Database } from '../database/database.ts';
import { dismissedSuggestions } from '../database/schema.ts';
import { withDatabaseErrors } from '../database/with-database-errors.ts';
import { ServiceError } from '../errors.ts';
import { didYouMean } from '../planner/nearest-names.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';
import type { ToolIndex } from '../registry/tool-index.ts';
import type { Rules } from './rules.ts';

/** Rules that schemas, likeness and past runs speak for. None is in force until it is accepted. */
export interface RuleSuggestions {
  /** Best first; without those that rules in force say already and those that were dismissed. */
  list(tenantId: TenantId, runs: readonly ObservedRun[]): Promise<readonly RuleSuggestion[]>;
  /**
   * Makes it a rule, under its id.
   *
   * @throws ServiceError (NotFound) where it is not among those of `list`.
   */
  accept(
    tenantId: TenantId,
    id: string,
    runs: readonly ObservedRun[],
    by: string,
  ): Promise<RuleSuggestion>;
  /**
   * It is not suggested again, whatever speaks for it later; an operator can still write the rule.
   *
   * @throws ServiceError (NotFound) where it is not among those of `list`.
   */
  dismiss(
    tenantId: TenantId,
    id: string,
    runs: readonly ObservedRun[],
    by: string,
  ): Promise<RuleSuggestion>;
}

export interface RuleSuggestionsDeps extends Pick<Database, 'db'> {
  readonly rules: Pick<Rules, 'active' | 'put'>;
  readonly registry: Pick<Registry, 'listTools'>;
  readonly index: Pick<ToolIndex, 'near'>;
  readonly log: Logger;
}

/** Near tools that are looked at for each. */
const NEAR = 4;
/** More would hide the good ones. */
const MAX_SUGGESTIONS = 200;
/** Tools between two moments in which the process sees to its other work. */
const AT_ONCE = 32;

export function createRuleSuggestions(deps: RuleSuggestionsDeps): RuleSuggestions {
  const { db, rules, registry, log } = deps;

  const list: RuleSuggestions['list'] = async (tenantId, runs) => {
    const usable = await registry.listTools(tenantId);
    const byId = new Map<string, RegisteredTool>(usable.map((tool) => [tool.id, tool]));
    const isRead = (id: string): boolean => byId.get(id)?.effect === 'read';
    const all = [
      ...suggestFromRuns(runs, { isRead }),
      ...suggestFromSchemas(usable),
      ...(await alternatives(deps.index, tenantId, usable, byId)),
    ];
    const known = await rules.active(tenantId);
    const dismissed = await dismissedIds(db, tenantId);
    const best = new Map<string, RuleSuggestion>();
    // What runs show comes first and stands for the same rule from schemas.
    for (const one of all.toSorted(bySuggestionOrder)) {
      if (dismissed.has(one.id) || best.has(one.id) || isCovered(one.rule, known)) continue;
      best.set(one.id, one);
    }
    return [...best.values()].slice(0, MAX_SUGGESTIONS);
  };

  async function find(
    tenantId: TenantId,
    id: string,
    runs: readonly ObservedRun[],
  ): Promise<RuleSuggestion> {
    const all = await list(tenantId, runs);
    const found = all.find((one) => one.id === id);
    if (found !== undefined) return found;
    const near = didYouMean(
      id,
      all.map((one) => one.id),
    );
    throw new ServiceError(
      FAILURE.notFound,
      `There is no suggestion "${id}" now: what spoke for it may be gone, or it was decided.${near} List them with "ostinato rules suggest".`,
    );
  }

  return withDatabaseErrors({
    list,
    async accept(tenantId, id, runs, by) {
      const found = await find(tenantId, id, runs);
      await rules.put(tenantId, found.rule, 'suggestion', by);
      return found;
    },
    async dismiss(tenantId, id, runs, by) {
      const found = await find(tenantId, id, runs);
      const { rule } = found;
      await db
        .insert(dismissedSuggestions)
        .values({
          tenantId,
          suggestionId: id,
          rule,
          dismissedBy: by,
          dismissedAtMs: Date.now(),
        })
        .onConflictDoNothing();
      log.info({ audit: 'rules', tenantId, by, dismissed: id }, 'a suggested rule was dismissed');
      return found;
    },
  });
}

async function dismissedIds(
  db: RuleSuggestionsDeps['db'],
  tenantId: TenantId,
): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ id: dismissedSuggestions.suggestionId })
    .from(dismissedSuggestions)
    .where(eq(dismissedSuggestions.tenantId, tenantId));
  return new Set(rows.map(({ id }) => id));
}

/** Only reads stand in for reads, so only reads are compared. */
async function alternatives(
  index: Pick<ToolIndex, 'near'>,
  tenantId: TenantId,
  tools: readonly RegisteredTool[],
  byId: ReadonlyMap<string, RegisteredTool>,
): Promise<readonly RuleSuggestion[]> {
  const found: RuleSuggestion[] = [];
  const reads = tools.filter(({ effect }) => effect === 'read');
  for (const [at, tool] of reads.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
    for (const { id, cosine } of await index.near(tenantId, tool.id, NEAR)) {
      const other = byId.get(id);
      const one = other === undefined ? null : suggestAlternative(tool, other, cosine);
      if (one !== null) found.push(one);
    }
  }
  return found;
}
