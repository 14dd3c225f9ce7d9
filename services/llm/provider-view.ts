import type { BreakerState } from '../../common/breaker.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Breakers } from '../breaker/breakers.ts';
import type { Credentials, CredentialState } from './credentials.ts';
import type { RouteHealth, RouteHealths } from './route-health.ts';
import type { RouteLimits, Route } from './router/route.ts';
import type { ModelFacts } from './router/model-facts.ts';
import type { RoutingRules } from './router/parse-providers-file.ts';
import type { HealthStretch } from './usage/route-history.ts';
import { routeHistory } from './usage/route-history.ts';
import type { RouteSuggestion } from './usage/suggest-routes.ts';
import { suggestRoutes } from './usage/suggest-routes.ts';
import type { UsageLog } from './usage/usage-log.ts';

/** A route as an operator sees it. No key is in it. */
export interface RouteView {
  readonly id: string;
  readonly provider: string;
  readonly dialect: string;
  readonly model: string;
  /** `healthy`, or why calls pass it over. */
  readonly state: 'healthy' | 'degraded' | 'open' | 'no-key';
  readonly breaker: BreakerState['kind'];
  readonly facts: ModelFacts;
  readonly limits: RouteLimits | null;
  readonly health: RouteHealth;
  readonly credentials: readonly CredentialState[];
}

export interface ProviderView {
  list(tenantId: TenantId): Promise<readonly RouteView[]>;
  /** What other routes would have cost for the calls made since. */
  suggest(tenantId: TenantId, sinceMs: number): Promise<readonly RouteSuggestion[]>;
  /** A route's calls since, over all workers, in stretches of five minutes. */
  history(tenantId: TenantId, route: string, sinceMs: number): Promise<readonly HealthStretch[]>;
  /** Puts the disabled keys of a provider back into use, in every worker. @returns false where none was disabled. */
  enable(provider: string): Promise<boolean>;
}

export function createProviderView(deps: {
  readonly routes: readonly Route[];
  readonly rules: RoutingRules;
  /** `null`: no history is kept. */
  readonly usage: Pick<UsageLog, 'since' | 'flush'> | null;
  readonly healths: RouteHealths;
  readonly credentials: Credentials;
  readonly breakers: Pick<Breakers, 'state'> | null;
  readonly nowMs: () => number;
}): ProviderView {
  const { healths, credentials, breakers, nowMs } = deps;
  return {
    async list(tenantId) {
      await Promise.all(deps.routes.map(async (route) => credentials.refresh(route, nowMs())));
      return Promise.all(
        deps.routes.map(async (route) => {
          const target = { tenantId, kind: 'provider', name: route.id } as const;
          const breaker = breakers === null ? 'closed' : (await breakers.state(target)).state.kind;
          const keys = credentials.states(route);
          const hasKey = keys.some(({ disabledFor }) => disabledFor === null);
          const { id, provider, dialect, model, facts, limits } = route;
          const health = healths.of(route, nowMs());
          const state = stateOf(breaker, hasKey);
          return {
            id,
            provider,
            dialect,
            model,
            state,
            breaker,
            facts,
            limits,
            health,
            credentials: keys,
          };
        }),
      );
    },
    async suggest(tenantId, sinceMs) {
      await deps.usage?.flush();
      const rows = (await deps.usage?.since(tenantId, sinceMs)) ?? [];
      return suggestRoutes(rows, deps, nowMs());
    },
    async history(tenantId, route, sinceMs) {
      await deps.usage?.flush();
      return routeHistory((await deps.usage?.since(tenantId, sinceMs, route)) ?? []);
    },
    enable: (provider) => credentials.enable(provider),
  };
}

function stateOf(breaker: BreakerState['kind'], hasKey: boolean): RouteView['state'] {
  if (!hasKey) return 'no-key';
  if (breaker === 'closed') return 'healthy';
  return breaker === 'open' ? 'open' : 'degraded';
}
