import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { observeRuns } from '../../client/index.ts';
import type { ObservedRun } from '../../client/index.ts';
import { sentence } from '../../common/rules/rule-hints.ts';
import { ruleSchema } from '../../services/rules/rule-schema.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';
import { toRuleView } from './rule-view.ts';
import { storedRuleSchema } from './rules.ts';

const tags = ['rules'];
const params = z.strictObject({ id: z.string().min(1).max(63) });
const runs = z.coerce
  .number()
  .int()
  .min(0)
  .max(200)
  .default(50)
  .meta({ description: 'The newest completed runs that are looked at.' });
const query = z.strictObject({ runs });

const evidenceSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('runs'),
      runs: z.int().meta({ description: 'In which it could have been so.' }),
      held: z.int().meta({ description: 'In which it was.' }),
      examples: z.array(z.string()).meta({ description: 'Some of their ids.' }),
    }),
    z.object({ kind: z.literal('schemas'), detail: z.string() }),
    z.object({ kind: z.literal('likeness'), cosine: z.number() }),
  ])
  .meta({ id: 'SuggestionEvidence' });

const suggestionSchema = z
  .object({
    id: z.string(),
    rule: ruleSchema,
    says: z.string().meta({ description: 'The rule in a sentence.' }),
    evidence: evidenceSchema,
    confidence: z.number().meta({ description: '0 to 1.' }),
  })
  .meta({ id: 'RuleSuggestion' });

/** Rules that schemas, like tools and past runs speak for, for an operator to accept or dismiss. */
export function registerRuleSuggestions(api: Api, deps: ResolvedApiDeps): void {
  const { ruleSuggestions, rules } = deps;
  api.get(
    '/v1/rules/suggestions',
    {
      schema: {
        tags,
        summary: 'Rules that past runs, schemas and like tools speak for',
        description:
          'None is in force until it is accepted. Rules that are in force already and suggestions that were dismissed are left out.',
        querystring: query,
        response: {
          200: z.object({ suggestions: z.array(suggestionSchema), runs: z.int() }),
          ...errorAnswers(400),
        },
      },
    },
    async (request) => {
      const seen = await observed(deps, request);
      const found = await ruleSuggestions.list(tenantOf(request).tenantId, seen);
      const suggestions = found.map(({ rule, evidence, ...one }) => ({
        ...one,
        rule: rule as z.output<typeof ruleSchema>,
        says: sentence(rule),
        evidence: evidence as z.output<typeof evidenceSchema>,
      }));
      return { suggestions, runs: seen.length };
    },
  );
  api.post(
    '/v1/rules/suggestions/:id/accept',
    {
      schema: {
        tags,
        summary: 'Make a suggestion a rule, under its id',
        ...{ params, querystring: query },
        response: { 200: storedRuleSchema, ...errorAnswers(404, 409) },
      },
    },
    async (request) => {
      const { tenantId, actor } = tenantOf(request);
      const seen = await observed(deps, request);
      const { rule } = await ruleSuggestions.accept(tenantId, request.params.id, seen, actor);
      return toRuleView(await rules.get(tenantId, rule.name));
    },
  );
  api.post(
    '/v1/rules/suggestions/:id/dismiss',
    {
      schema: {
        tags,
        summary: 'Never suggest it again',
        ...{ params, querystring: query },
        response: { 204: z.null(), ...errorAnswers(404) },
      },
    },
    async (request, reply) => {
      const { tenantId, actor } = tenantOf(request);
      const seen = await observed(deps, request);
      await ruleSuggestions.dismiss(tenantId, request.params.id, seen, actor);
      return reply.code(204).send(null);
    },
  );
}

function observed(
  { connection }: ResolvedApiDeps,
  request: FastifyRequest<{ Querystring: z.output<typeof query> }>,
): Promise<readonly ObservedRun[]> {
  return observeRuns(connectionFor(request, connection), { limit: request.query.runs });
}
