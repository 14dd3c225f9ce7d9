import { z } from 'zod';
import { searchLimits } from '../../services/discovery/search-limits.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tag } from '../schemas/search-filter.ts';
import { effectSchema, serverName } from '../schemas/server-schema.ts';
import { toolHitSchema } from '../schemas/tool-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { toToolView } from './tool-view.ts';

const evidence = z
  .object({
    nearest: z.number(),
    lead: z.number(),
    covered: z.number(),
    coveredByBest: z.number(),
  })
  .meta({
    description:
      'Why it is so sure: cosine of the nearest tool, lead of the best over the twentieth, shares of the words of the request that the best three and the best one have.',
  });

const answer = z.object({
  fits: z
    .boolean()
    .meta({ description: 'false: nothing does what is asked; hits are the nearest.' }),
  confidence: z.number(),
  evidence: evidence.nullable(),
  hits: z.array(toolHitSchema),
});

/** `?tag=a&tag=b`: a single one arrives as text. */
function many<Item extends z.ZodType>(item: Item) {
  return z.union([z.array(item).min(1).max(50), item.transform((one) => [one])]).optional();
}

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
          server: many(serverName),
          effect: many(effectSchema),
          tag: many(tag),
          reachable: z.stringbool().default(false).meta({
            description: 'Leaves out servers that could not be reached when last tried.',
          }),
        }),
        response: { 200: answer, ...errorAnswers(400) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { q, k, server, effect, tag: tags, reachable } = request.query;
      const limits = await searchLimits(deps.registry, tenantId, {
        reachable,
        ...(server === undefined ? {} : { servers: server }),
        ...(effect === undefined ? {} : { effects: effect }),
        ...(tags === undefined ? {} : { tags }),
      });
      const { hits, ...sure } = await deps.index.find(tenantId, q, { k, ...limits });
      const found = await Promise.all(
        hits.map(async ({ id, ...hit }) => {
          const tool = await deps.registry.findTool(tenantId, id);
          return tool === null ? [] : [{ tool: toToolView(tool), ...hit }];
        }),
      );
      return { ...sure, hits: found.flat() };
    },
  );
}
