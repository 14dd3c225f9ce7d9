import type { BreakerState } from '../../common/breaker.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Breakers } from '../breaker/breakers.ts';
import type { Credentials, CredentialState } from './credentials.ts';
import type { RouteHealth, RouteHealths } from './route-health.ts';
import type { RouteLimits, Route } from './router/route.ts';
import type { ModelFacts } from './router/model-facts.ts';

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
  /** Puts the disabled keys of a provider back into use. @returns false where none was disabled. */
  enable(provider: string): boolean;
}

export function createProviderView(deps: {
  readonly routes: readonly Route[];
  readonly healths: RouteHealths;
  readonly credentials: Credentials;
  readonly breakers: Pick<Breakers, 'state'> | null;
  readonly nowMs: () => number;
}): ProviderView {
  const { healths, credentials, breakers, nowMs } = deps;
  return {
    list: (tenantId) =>
      Promise.all(
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
      ),
    enable: (provider) => credentials.enable(provider),
  };
}

function stateOf(breaker: BreakerState['kind'], hasKey: boolean): RouteView['state'] {
  if (!hasKey) return 'no-key';
  if (breaker === 'closed') return 'healthy';
  return breaker === 'open' ? 'open' : 'degraded';
}
