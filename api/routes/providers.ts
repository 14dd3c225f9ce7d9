import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { routeSchema, stretchSchema, suggestionSchema } from '../schemas/provider-schema.ts';
import { transitionAnswer, transitionSchema } from '../schemas/transition-schema.ts';
import { sinceMs } from '../since-ms.ts';
import { tenantOf } from '../tenant-of.ts';

const tags = ['providers'];

export function registerProviders(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/providers',
    {
      schema: {
        tags,
        summary: 'Models that calls can be sent to: health, breaker, price, limits and keys',
        response: { 200: z.object({ routes: z.array(routeSchema) }), ...errorAnswers() },
      },
    },
    async (request) => {
      const routes = await deps.providers.list(tenantOf(request).tenantId);
      return { routes: [...routes] };
    },
  );
  registerHistory(api, deps);
  api.post(
    '/v1/providers/:name/enable',
    {
      schema: {
        tags,
        summary: 'Puts keys back into use that were refused or had no credit',
        params: z.strictObject({ name: z.string().min(1).max(63) }),
        response: { 200: z.object({ enabled: z.boolean() }), ...errorAnswers(404) },
      },
    },
    async (request) => {
      const { name } = request.params;
      const routes = await deps.providers.list(tenantOf(request).tenantId);
      const names = [...new Set(routes.map(({ provider }) => provider))];
      if (!names.includes(name)) {
        const known = names.length === 0 ? 'none' : names.join(', ');
        throw new HttpError(
          404,
          'NotFound',
          `There is no provider "${name}". There are: ${known}.`,
        );
      }
      return { enabled: await deps.providers.enable(name) };
    },
  );
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_TRANSITIONS = 100;

function registerHistory(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/providers/suggestions',
    {
      schema: {
        tags,
        summary: 'What other models would have cost for the calls of the last days',
        querystring: z.strictObject({ days: z.coerce.number().min(1).max(30).default(30) }),
        response: {
          200: z.object({ suggestions: z.array(suggestionSchema) }),
          ...errorAnswers(400),
        },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const since = sinceMs(request.query.days, DAY_MS);
      return { suggestions: [...(await deps.providers.suggest(tenantId, since))] };
    },
  );
  api.get(
    '/v1/providers/:id/health',
    {
      schema: {
        tags,
        summary: 'How a model does: now, and before, over all workers',
        description:
          'Its calls in stretches of five minutes, oldest first, and the newest 100 changes of its breaker, newest first.',
        params: z.strictObject({ id: z.string().min(1).max(300) }),
        querystring: z.strictObject({ hours: z.coerce.number().min(1).max(744).default(24) }),
        response: {
          200: z.object({
            route: routeSchema,
            history: z.array(stretchSchema),
            transitions: z.array(transitionSchema),
          }),
          ...errorAnswers(400, 404),
        },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { id } = request.params;
      const routes = await deps.providers.list(tenantId);
      const route = routes.find((one) => one.id === id);
      if (route === undefined) {
        const known = routes.map((one) => one.id).join(', ') || 'none';
        throw new HttpError(404, 'NotFound', `There is no model "${id}". There are: ${known}.`);
      }
      const since = sinceMs(request.query.hours, HOUR_MS);
      const target = { kind: 'provider', name: id } as const;
      const [history, transitions] = await Promise.all([
        deps.providers.history(tenantId, id, since),
        deps.breakerHistory.list({ tenantId, target, sinceMs: since, limit: MAX_TRANSITIONS }),
      ]);
      return { route, history: [...history], transitions: transitions.map(transitionAnswer) };
    },
  );
}
