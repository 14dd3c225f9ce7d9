import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { serverName } from '../schemas/server-schema.ts';
import { toolHitSchema } from '../schemas/tool-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { toToolView } from './tool-view.ts';

export function registerSearch(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/search',
    {
      schema: {
        tags: ['tools'],
        summary: 'Tools by what they do',
        querystring: z.strictObject({
          q: z.string().trim().min(1, 'is empty: say what the tool should do').max(2000),
          k: z.coerce.number().int().min(1).max(100).default(10),
          server: serverName.optional(),
        }),
        response: { 200: z.object({ hits: z.array(toolHitSchema) }), ...errorAnswers(400) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { q, k, server } = request.query;
      const hits = await deps.index.search(tenantId, q, {
        k,
        ...(server === undefined ? {} : { servers: [server] }),
      });
      const found = await Promise.all(
        hits.map(async ({ id, score, arms }) => {
          const tool = await deps.registry.findTool(tenantId, id);
          return tool === null ? [] : [{ tool: toToolView(tool), score, arms }];
        }),
      );
      return { hits: found.flat() };
    },
  );
}
