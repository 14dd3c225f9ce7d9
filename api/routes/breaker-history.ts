import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { historyQuery, transitionAnswer, transitionSchema } from '../schemas/transition-schema.ts';
import { sinceMs } from '../since-ms.ts';
import { tenantOf } from '../tenant-of.ts';
import { breakerParams, targetOf } from './breaker-target.ts';

const HOUR_MS = 3_600_000;

const answers = {
  200: z.object({ transitions: z.array(transitionSchema) }),
  ...errorAnswers(400, 404),
};

/** How breakers went from phase to phase, over all workers. */
export function registerBreakerHistory(api: Api, deps: ResolvedApiDeps): void {
  const schema = { tags: ['breakers'], querystring: historyQuery, response: answers };
  api.get(
    '/v1/breakers/history',
    { schema: { ...schema, summary: 'How all breakers changed, newest first' } },
    async (request) => {
      const { hours, limit } = request.query;
      const { tenantId } = tenantOf(request);
      const rows = await deps.breakerHistory.list({
        tenantId,
        sinceMs: sinceMs(hours, HOUR_MS),
        limit,
      });
      return { transitions: rows.map(transitionAnswer) };
    },
  );
  api.get(
    '/v1/breakers/:kind/:name/history',
    {
      schema: {
        ...schema,
        summary: 'How a breaker changed, newest first',
        description:
          'The newest 200 changes are kept, and the newest 50 to and from probes, for 31 days. A breaker that nobody called for ten minutes begins anew, closed.',
        params: breakerParams,
      },
    },
    async (request) => {
      const { tenantId, ...target } = await targetOf(deps, request, request.params);
      const { hours, limit } = request.query;
      const since = sinceMs(hours, HOUR_MS);
      const rows = await deps.breakerHistory.list({ tenantId, target, sinceMs: since, limit });
      return { transitions: rows.map(transitionAnswer) };
    },
  );
}
