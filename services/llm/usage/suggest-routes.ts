import { priceOfUsage } from '../price-of-usage.ts';
import type { Routing } from '../router/find-routes.ts';
import { matchesRoute } from '../router/rank-routes.ts';
import type { Route } from '../router/route.ts';
import type { UsageRow } from './usage-rows.ts';

/** What the calls of one role would have cost by another route. */
export interface RouteSuggestion {
  readonly role: string;
  readonly isBatch: boolean;
  readonly route: string;
  readonly instead: string;
  readonly calls: number;
  /** What they cost, and what the same tokens would have cost there, US dollars. */
  readonly costUsd: number;
  readonly wouldCostUsd: number;
  readonly quality: { readonly now: number; readonly then: number };
  /** In a sentence, with what to weigh. */
  readonly says: string;
}

/** Below this it is not worth a change. */
const LEAST_SAVING = 0.05;
const MAX_SUGGESTIONS = 20;

/**
 * For each role's calls to a route: every route that could have served all of them for less, by the
 * same tokens at its prices of today. Prompt caches are taken to hit as often there. Calls whose cost
 * nobody knows are left out. Greatest saving first.
 */
export function suggestRoutes(
  rows: readonly UsageRow[],
  { routes, rules }: Routing,
  nowMs: number,
): readonly RouteSuggestion[] {
  const allow = (tenant: string, route: Route): boolean => {
    const allowed = rules.tenants?.[tenant]?.allow;
    return allowed === undefined || allowed.some((pattern) => matchesRoute(route, pattern));
  };
  return [...groups(rows).values()]
    .flatMap((group) => {
      const now = routes.find(({ id }) => id === group.route);
      if (now === undefined || group.calls === group.failed || group.unpriced > 0) return [];
      return routes
        .filter((route) => route.id !== group.route && allow(group.tenantId, route))
        .filter((route) => couldServe(route, group))
        .flatMap((route) => suggestion(group, now, route, nowMs) ?? []);
    })
    .sort((a, b) => b.costUsd - b.wouldCostUsd - (a.costUsd - a.wouldCostUsd))
    .slice(0, MAX_SUGGESTIONS);
}

interface Group extends Omit<UsageRow, 'needs' | 'atMs' | 'lastProblem'> {
  readonly needs: ReadonlySet<string>;
}

function groups(rows: readonly UsageRow[]): ReadonlyMap<string, Group> {
  const all = new Map<string, Group>();
  for (const row of rows) {
    const key = JSON.stringify([row.role, row.route, row.isBatch]);
    const known = all.get(key);
    const needs = row.needs === '' ? [] : row.needs.split(',');
    if (known === undefined) {
      all.set(key, { ...row, needs: new Set(needs) });
      continue;
    }
    all.set(key, {
      ...known,
      needs: new Set([...known.needs, ...needs]),
      calls: known.calls + row.calls,
      failed: known.failed + row.failed,
      inputTokens: known.inputTokens + row.inputTokens,
      cacheReadTokens: known.cacheReadTokens + row.cacheReadTokens,
      cacheWriteTokens: known.cacheWriteTokens + row.cacheWriteTokens,
      outputTokens: known.outputTokens + row.outputTokens,
      costUsd: known.costUsd + row.costUsd,
      unpriced: known.unpriced + row.unpriced,
      maxTokens: Math.max(known.maxTokens, row.maxTokens),
    });
  }
  return all;
}

function couldServe({ facts, batchOnly }: Route, { needs, maxTokens, isBatch }: Group): boolean {
  if (batchOnly && !isBatch) return false;
  // Vectors of two models do not compare, so a model that makes them is not changed for its price.
  if (needs.has('embeddings') || facts.can?.includes('embeddings') === true) return false;
  if (facts.contextTokens !== null && facts.contextTokens < maxTokens) return false;
  const { can } = facts;
  return can === null || [...needs].every((need) => (can as readonly string[]).includes(need));
}

function suggestion(group: Group, now: Route, there: Route, nowMs: number): RouteSuggestion | null {
  const served = group.calls - group.failed;
  // Prices have steps by the size of a prompt: a call of the mean size, so many times.
  const mean = (tokens: number): number => Math.round(tokens / served);
  const each = priceOfUsage(
    {
      inputTokens: mean(group.inputTokens),
      cacheReadTokens: mean(group.cacheReadTokens),
      cacheWriteTokens: mean(group.cacheWriteTokens),
      outputTokens: mean(group.outputTokens),
      reasoningTokens: null,
    },
    there.model,
    there.price,
    nowMs,
  );
  if (each === null) return null;
  const wouldCostUsd = each * served;
  const saved = group.costUsd - wouldCostUsd;
  if (saved <= 0 || saved < LEAST_SAVING * group.costUsd) return null;
  const quality = { now: now.facts.quality, then: there.facts.quality };
  const share = Math.round((100 * saved) / group.costUsd);
  const what = group.isBatch ? 'calls of batches' : 'calls';
  const weigh =
    quality.then < quality.now
      ? ` Its quality is rated ${quality.then} instead of ${quality.now}: try it on some of them first.`
      : '';
  return {
    role: group.role,
    isBatch: group.isBatch,
    route: group.route,
    instead: there.id,
    calls: group.calls,
    costUsd: group.costUsd,
    wouldCostUsd,
    quality,
    says: `${group.calls} ${what} of the ${group.role} to ${group.route} cost $${group.costUsd.toPrecision(3)}; by ${there.id} the same tokens cost $${wouldCostUsd.toPrecision(3)}, ${share} % less.${weigh}`,
  };
}
