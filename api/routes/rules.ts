import { z } from 'zod';
import { parseRulesFile } from '../../services/rules/parse-rules-file.ts';
import { ruleSchema } from '../../services/rules/rule-schema.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tenantOf } from '../tenant-of.ts';
import { toRuleView } from './rule-view.ts';

const tags = ['rules'];
const params = z.strictObject({ name: z.string().min(1).max(63) });

export const storedRuleSchema = z
  .object({
    rule: ruleSchema,
    says: z.string().meta({ description: 'The rule in a sentence.' }),
    source: z.enum(['operator', 'file', 'suggestion']),
    updatedBy: z.string(),
    updatedAtMs: z.number(),
  })
  .meta({ id: 'StoredRule' });

/** What operators say of tools that are used together. */
export function registerRules(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/rules',
    {
      schema: {
        tags,
        summary: 'All composition rules',
        response: { 200: z.object({ rules: z.array(storedRuleSchema) }), ...errorAnswers() },
      },
    },
    async (request) => {
      const rules = await deps.rules.list(tenantOf(request).tenantId);
      return { rules: rules.map(toRuleView) };
    },
  );
  api.get(
    '/v1/rules/:name',
    {
      schema: {
        tags,
        summary: 'A composition rule',
        params,
        response: { 200: storedRuleSchema, ...errorAnswers(404) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      return toRuleView(await deps.rules.get(tenantId, request.params.name));
    },
  );
  registerChanges(api, deps);
  registerImport(api, deps);
}

function registerChanges(api: Api, deps: ResolvedApiDeps): void {
  api.put(
    '/v1/rules/:name',
    {
      schema: {
        tags,
        summary: 'Write a composition rule, or replace the one of its name',
        params,
        body: ruleSchema,
        response: { 200: storedRuleSchema, ...errorAnswers(400, 409) },
      },
    },
    async (request) => {
      const { tenantId, actor } = tenantOf(request);
      const { name } = request.params;
      if (request.body.name !== name) {
        const what = `The rule is called "${request.body.name}", and its address says "${name}".`;
        throw new HttpError(400, 'BadInput', `${what} Give one name.`);
      }
      await deps.rules.put(tenantId, request.body, 'operator', actor);
      return toRuleView(await deps.rules.get(tenantId, name));
    },
  );
  api.delete(
    '/v1/rules/:name',
    {
      schema: {
        tags,
        summary: 'Remove a composition rule',
        params,
        response: { 204: z.null(), ...errorAnswers(404) },
      },
    },
    async (request, reply) => {
      const { tenantId, actor } = tenantOf(request);
      await deps.rules.remove(tenantId, request.params.name, actor);
      return reply.code(204).send(null);
    },
  );
}

function registerImport(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/rules/import',
    {
      schema: {
        tags,
        summary: 'Apply a rules file',
        description:
          'The rules of the file are written, and rules of an earlier file that this one lacks are removed; rules written by hand stay. Problems are named by line and column.',
        body: z.strictObject({
          text: z
            .string()
            .meta({ description: 'YAML or JSON: `rules: [{name, kind, reason, …}]`.' }),
          source: z.string().max(300).default('request body'),
        }),
        response: {
          200: z.object({ written: z.array(z.string()), removed: z.array(z.string()) }),
          ...errorAnswers(400, 409),
        },
      },
    },
    async (request) => {
      const { tenantId, actor } = tenantOf(request);
      const rules = parseRulesFile(request.body.text, request.body.source);
      const removed = await deps.rules.applyFile(tenantId, rules, actor);
      return { written: rules.map(({ name }) => name), removed: [...removed] };
    },
  );
}
