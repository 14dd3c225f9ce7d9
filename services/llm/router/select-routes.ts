import { FAILURE } from '../../../common/failures.ts';
import { nearestName } from '../../../common/nearest-name.ts';
import type { LlmRole } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import { ServiceError } from '../../errors.ts';
import type { Routing } from './find-routes.ts';
import type { Capability } from './model-facts.ts';
import type { Preset } from './preset.ts';
import { PRESETS } from './preset.ts';
import type { Ranking, RankOptions } from './rank-routes.ts';
import { matchesRoute, rankRoutes } from './rank-routes.ts';
import type { Route } from './route.ts';

export interface SelectNeeds {
  readonly tenantId: TenantId;
  readonly can: readonly Capability[];
  readonly promptTokens: number;
  readonly maxOutputTokens: number;
  readonly budgetUsd?: number;
  readonly isBatch?: boolean;
  readonly escalate?: number;
  /** `provider/model`, a model's name, `auto` or `auto:PRESET`. */
  readonly model?: string;
  readonly measures: RankOptions['measures'];
}

/** An answer is rarely as long as it may be: a route with room for this much is not ruled out. */
const LEAST_OUTPUT_TOKENS = 1_000;

/**
 * The order in which routes are tried for a call.
 *
 * @throws ServiceError (BadInput) for a model or preset that is not there, naming those that are.
 */
export function selectRoutes(
  { routes, rules }: Routing,
  role: LlmRole,
  needs: SelectNeeds,
): { readonly preset: Preset; readonly ranking: Ranking } {
  const wanted = wish(needs.model, routes);
  const ofRole = rules.roles?.[role];
  const preset = wanted.preset ?? ofRole?.preset ?? rules.preset;
  const answer = Math.min(needs.maxOutputTokens, LEAST_OUTPUT_TOKENS);
  const ranking = rankRoutes(
    wanted.routes,
    {
      can: needs.can,
      contextTokens: needs.promptTokens + answer,
      budgetUsd: needs.budgetUsd ?? null,
      isBatch: needs.isBatch ?? false,
      escalate: needs.escalate ?? 0,
      allow: rules.tenants?.[needs.tenantId]?.allow ?? null,
    },
    { preset, measures: needs.measures, ...(ofRole?.quality ? { quality: ofRole.quality } : {}) },
  );
  return { preset, ranking };
}

function wish(
  model: string | undefined,
  routes: readonly Route[],
): { readonly preset: Preset | null; readonly routes: readonly Route[] } {
  if (model === undefined || model === 'auto') return { preset: null, routes };
  if (model.startsWith('auto:')) {
    const preset = PRESETS.find((one) => `auto:${one}` === model);
    if (preset !== undefined) return { preset, routes };
    const known = PRESETS.map((one) => `auto:${one}`).join(', ');
    throw new ServiceError(FAILURE.badInput, `There is no routing "${model}"; there are ${known}.`);
  }
  const named = routes.filter((route) => matchesRoute(route, model));
  if (named.length > 0) return { preset: null, routes: named };
  const ids = routes.map(({ id }) => id);
  const near = nearestName(model, ids);
  const hint = near === null ? '' : ` Did you mean "${near}"?`;
  throw new ServiceError(
    FAILURE.badInput,
    `There is no model "${model}".${hint} There are: ${ids.join(', ')}.`,
  );
}
