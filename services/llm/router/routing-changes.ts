import { isDeepStrictEqual } from 'node:util';
import type { Routing } from './find-routes.ts';

/** What another version of a providers file changes, by route id. No key is in it. */
export interface RoutingChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Presets, roles or what tenants may use. */
  readonly rules: boolean;
}

/** @returns `null` where nothing changed. */
export function routingChanges(before: Routing, after: Routing): RoutingChanges | null {
  const old = new Map(before.routes.map((route) => [route.id, route]));
  const ids = new Set(after.routes.map(({ id }) => id));
  const added = [...ids].filter((id) => !old.has(id));
  const removed = [...old.keys()].filter((id) => !ids.has(id));
  const changed = after.routes
    .filter((route) => old.has(route.id) && !isDeepStrictEqual(old.get(route.id), route))
    .map(({ id }) => id);
  const rules = !isDeepStrictEqual(before.rules, after.rules);
  const isOrder = !isDeepStrictEqual([...old.keys()], [...ids]);
  return changed.length > 0 || rules || isOrder ? { added, removed, changed, rules } : null;
}
