import { z } from 'zod';
import type { WishAnswer } from '../../common/meta-tools.ts';
import { createMetaTools } from '../../services/discovery/meta-tools.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { searchFilter } from '../schemas/search-filter.ts';
import { jsonObject } from '../schemas/tool-schema.ts';
import { tenantOf } from '../tenant-of.ts';

const wish = z.strictObject({
  server: z.string().trim().min(1).max(200).nullable().default(null).meta({
    description: 'The kind of server, where one is in mind.',
  }),
  tool: z.string().trim().min(1, 'is empty: say what the tool must do').max(2_000),
});

const answer = z
  .object({
    request: wish,
    fits: z.boolean().meta({ description: 'false: `tools` are only the nearest.' }),
    confidence: z.number(),
    note: z.string().nullable(),
    tools: z.array(
      z.object({
        id: z.string(),
        server: z.string(),
        description: z.string(),
        warning: z.string().nullable().meta({ description: 'What is odd about its definition.' }),
        inputSchema: jsonObject.meta({ description: 'Without what a caller does not need.' }),
        score: z.number(),
      }),
    ),
  })
  .meta({ id: 'WishAnswer' }) as unknown as z.ZodType<WishAnswer>;

/** What the meta-tool `find_tools` does, for clients that speak HTTP. */
export function registerFindTools(api: Api, deps: ResolvedApiDeps): void {
  const metaTools = createMetaTools(deps);
  api.post(
    '/v1/tools/find',
    {
      schema: {
        tags: ['tools'],
        summary: 'The best few tools for each of several needs',
        body: z.strictObject({
          requests: z.array(wish).min(1).max(10),
          only: searchFilter.default({}).meta({ description: 'What the search is limited to.' }),
        }),
        response: { 200: z.object({ answers: z.array(answer) }), ...errorAnswers(400) },
      },
    },
    async (request) => ({
      answers: [
        ...(await metaTools.findTools(tenantOf(request), request.body.requests, request.body.only)),
      ],
    }),
  );
}
