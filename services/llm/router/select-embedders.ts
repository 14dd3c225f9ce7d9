import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import type { Routing } from './find-routes.ts';
import type { Ranking } from './rank-routes.ts';
import type { SelectNeeds } from './select-routes.ts';
import { selectRoutes } from './select-routes.ts';

/**
 * The routes that may make a call's embeddings: the one named, or the first that can, and others with
 * the same model. Vectors of two models cannot be compared, so neither a preset nor a failure chooses
 * another one.
 *
 * @throws ServiceError (BadInput) for a model that is not there, or a preset.
 */
export function selectEmbedders(
  { routes, rules }: Routing,
  needs: Omit<SelectNeeds, 'can' | 'maxOutputTokens'>,
): Ranking {
  if (needs.model?.startsWith('auto:') === true) {
    throw new ServiceError(
      FAILURE.badInput,
      `Embeddings cannot be routed by "${needs.model}": vectors of two models do not compare. Name a model.`,
    );
  }
  const { preset: _preset, roles: _roles, ...kept } = rules;
  const { ranking } = selectRoutes({ routes, rules: { ...kept, preset: 'configured' } }, 'worker', {
    ...needs,
    can: ['embeddings'],
    maxOutputTokens: 0,
  });
  const model = ranking.ranked[0]?.route.model;
  return { ...ranking, ranked: ranking.ranked.filter(({ route }) => route.model === model) };
}
