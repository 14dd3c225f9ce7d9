import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FAILURE } from '../../common/failures.ts';
import { nearestName } from '../../common/nearest-name.ts';
import type { ToolId } from '../../common/tool.ts';
import { ServiceError } from '../../services/errors.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { effectSchema, serverName } from '../schemas/server-schema.ts';
import { toolParams, toolSchema } from '../schemas/tool-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { toToolView } from './tool-view.ts';

const tags = ['tools'];

/** The catalogue: what there is, and what an admin says about it. */
export function registerTools(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/tools',
    {
      schema: {
        tags,
        summary: 'Tools of all servers, or of one',
        querystring: z.strictObject({
          server: serverName.optional(),
          all: z.stringbool().default(false).meta({
            description: 'Also those that are disabled, changed or gone.',
          }),
        }),
        response: {
          200: z.object({ catalogueVersion: z.number(), tools: z.array(toolSchema) }),
          ...errorAnswers(400, 404),
        },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { server, all } = request.query;
      if (server !== undefined) await deps.registry.getServer(tenantId, server);
      const tools = await deps.registry.listTools(tenantId, {
        includeInactive: all,
        ...(server === undefined ? {} : { server }),
      });
      const catalogueVersion = await deps.registry.catalogueVersion(tenantId);
      return { catalogueVersion, tools: tools.map(toToolView) };
    },
  );
  api.get(
    '/v1/tools/:server/:tool',
    {
      schema: {
        tags,
        summary: 'A tool',
        params: toolParams,
        response: { 200: toolSchema, ...errorAnswers(404) },
      },
    },
    async (request) => {
      const id = idOf(request.params);
      const tool = await deps.registry.findTool(tenantOf(request).tenantId, id);
      if (tool === null) throw await noSuchTool(deps, request, id);
      return toToolView(tool);
    },
  );
  registerChanges(api, deps);
  registerRemoval(api, deps);
}

function registerChanges(api: Api, deps: ResolvedApiDeps): void {
  const changed = { 200: toolSchema, ...errorAnswers(400, 404) };
  api.patch(
    '/v1/tools/:server/:tool',
    {
      schema: {
        tags,
        summary: 'Enable or disable a tool, set its effect class or tags',
        params: toolParams,
        body: z
          .strictObject({
            enabled: z.boolean().exactOptional(),
            effect: effectSchema
              .nullable()
              .exactOptional()
              .meta({ description: 'null: back to what the server definition says.' }),
            tags: z.array(z.string().min(1).max(64)).max(50).exactOptional(),
          })
          .refine((change) => Object.keys(change).length > 0, {
            message: 'changes nothing: give enabled, effect or tags',
          }),
        response: changed,
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const id = idOf(request.params);
      return toToolView(await deps.registry.updateTool(tenantId, id, request.body));
    },
  );
  api.post(
    '/v1/tools/:server/:tool/approve',
    {
      schema: {
        tags,
        summary: 'Accept the new definition of a tool that changed',
        params: toolParams,
        body: z
          .strictObject({
            fingerprint: z.string().max(200).optional().meta({
              description: 'Of the definition that was looked at; 409 when there is a newer one.',
            }),
          })
          .nullish(),
        response: { ...changed, ...errorAnswers(409) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const id = idOf(request.params);
      const fingerprint = request.body?.fingerprint;
      return toToolView(await deps.registry.approveTool(tenantId, id, fingerprint));
    },
  );
}

function registerRemoval(api: Api, deps: ResolvedApiDeps): void {
  api.delete(
    '/v1/tools/:server/:tool',
    {
      schema: {
        tags,
        summary: 'Remove a tool',
        description: 'It stays away, also when its server lists it again, until it is enabled.',
        params: toolParams,
        response: { 204: z.null(), ...errorAnswers(404) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      await deps.registry.removeTool(tenantId, idOf(request.params));
      return reply.code(204).send(null);
    },
  );
}

function idOf({ server, tool }: z.output<typeof toolParams>): ToolId {
  return `${server}/${tool}` as ToolId;
}

async function noSuchTool(
  { registry }: ResolvedApiDeps,
  request: FastifyRequest,
  id: ToolId,
): Promise<ServiceError> {
  const tools = await registry.listTools(tenantOf(request).tenantId, { includeInactive: true });
  const near = nearestName(
    id,
    tools.map((tool) => tool.id),
  );
  const hint = near === null ? 'GET /v1/tools lists what there is.' : `Did you mean "${near}"?`;
  return new ServiceError(FAILURE.toolNotFound, `There is no tool "${id}". ${hint}`);
}
