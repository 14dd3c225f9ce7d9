import { z } from 'zod';
import { startPlanSchema } from '../../client/requests.ts';
import type { PlanExplanation } from '../../common/optimise/plan-explanation.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tenantOf } from '../tenant-of.ts';

const explanation = z
  .object({
    steps: z.array(
      z.object({
        id: z.string(),
        tool: z.string(),
        waits: z.array(
          z.object({
            for: z.string(),
            reason: z.enum(['reference', 'after', 'rule', 'hidden', 'resource', 'kept-order']),
            detail: z.string(),
          }),
        ),
        sameAs: z.string().nullable().meta({ description: 'The step whose answer it takes.' }),
        partOf: z
          .string()
          .exactOptional()
          .meta({ description: 'The step that makes its call together with others.' }),
        callsFor: z
          .array(z.string())
          .exactOptional()
          .meta({ description: 'Steps whose calls are made by this one, which was added.' }),
        batch: z
          .object({ tool: z.string(), maxItems: z.number() })
          .exactOptional()
          .meta({ description: 'The tool that is called once for so many items of its list.' }),
        round: z.number().meta({ description: '1 where it starts at once.' }),
        cached: z
          .literal(true)
          .exactOptional()
          .meta({ description: 'The cache of results has its answer now.' }),
        fallback: z.string().exactOptional().meta({ description: 'Asked where the tool fails.' }),
        plan: z
          .looseObject({})
          .exactOptional()
          .meta({ description: 'Of a step that is a plan of its own: as this one.' }),
      }),
    ),
    dropped: z.array(z.string()).meta({ description: 'Reads that nothing wanted needs.' }),
    depth: z.number().meta({ description: 'Steps on the longest way through the plan.' }),
    critical: z
      .object({ steps: z.array(z.string()), expectedMs: z.number().nullable() })
      .meta({ description: 'The steps that decide when it ends; null: not all were timed.' }),
  })
  .meta({ id: 'PlanExplanation' }) as unknown as z.ZodType<PlanExplanation>;

export function registerPlans(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/plans/explain',
    {
      schema: {
        tags: ['runs'],
        summary: 'How a plan would run, and why its steps wait',
        description:
          'Checks the plan and runs nothing. A wrong one is answered 400 with every problem.',
        body: z.strictObject({ plan: startPlanSchema.shape.plan }).meta({ id: 'ExplainPlan' }),
        response: { 200: explanation, ...errorAnswers(400, 503) },
      },
    },
    (request) => deps.plans.explain(tenantOf(request).tenantId, request.body.plan),
  );
}
