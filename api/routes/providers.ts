import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { routeSchema } from '../schemas/provider-schema.ts';
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
      return { enabled: deps.providers.enable(name) };
    },
  );
}
