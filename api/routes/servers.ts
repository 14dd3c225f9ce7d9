import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { isServiceError } from '../../services/errors.ts';
import { parseServersFile } from '../../services/registry/parse-servers-file.ts';
import type { ServerTrust } from '../../services/registry/server-definition.ts';
import type { RegisteredServer } from '../../services/registry/registered-server.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { isFromThisMachine } from '../middleware/is-from-this-machine.ts';
import { refuseStrangersCommands } from '../middleware/may-register-stdio.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import {
  definitionSchema,
  refreshSchema,
  serverName,
  serverSchema,
} from '../schemas/server-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { refresh } from './refresh.ts';
import { restoreSecrets, toServerView } from './server-view.ts';

const params = z.strictObject({ name: serverName });
const tags = ['servers'];
const importSchema = z
  .looseObject({
    mcpServers: z.unknown().optional(),
    text: z.string().optional(),
    source: z.string().max(300).default('request body').meta({
      description: 'What messages call the file.',
    }),
  })
  .refine((body) => 'mcpServers' in body || body.text !== undefined, {
    message: 'give "mcpServers", or the file as "text"',
  });
const registered = z.object({ server: serverSchema, refresh: refreshSchema.nullable() });

/** Reading, registering and removing servers. */
export function registerServers(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/servers',
    {
      schema: {
        tags,
        summary: 'All registered servers',
        response: { 200: z.object({ servers: z.array(serverSchema) }), ...errorAnswers() },
      },
    },
    async (request) => {
      const servers = await deps.registry.listServers(tenantOf(request).tenantId);
      return { servers: servers.map(toServerView) };
    },
  );
  api.get(
    '/v1/servers/:name',
    {
      schema: {
        tags,
        summary: 'A server',
        params,
        response: { 200: serverSchema, ...errorAnswers(404) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      return toServerView(await deps.registry.getServer(tenantId, request.params.name));
    },
  );
  registerPut(api, deps);
  registerImport(api, deps);
  registerDelete(api, deps);
}

function registerPut(api: Api, deps: ResolvedApiDeps): void {
  api.put(
    '/v1/servers/:name',
    {
      schema: {
        tags,
        summary: 'Register a server, or change it',
        description:
          'The server is asked for its tools at once; one that does not answer is registered all the same, and `refresh.problem` says why.',
        params,
        body: definitionSchema,
        response: { 200: registered, 201: registered, ...errorAnswers(400, 403) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      const { name } = request.params;
      const stored = await find(deps, tenantId, name);
      const definition = restoreSecrets(request.body, stored?.definition ?? null);
      refuseStrangersCommands(request, definition.transport, deps.options.allowStdioServers);
      await deps.registry.putServer(tenantId, name, definition, trustOf(request));
      const refreshed = definition.enabled ? await refresh(deps, tenantId, name) : null;
      if (refreshed === null) await deps.connections.disconnect(tenantId, name);
      const server = toServerView(await deps.registry.getServer(tenantId, name));
      return reply.code(stored === null ? 201 : 200).send({ server, refresh: refreshed });
    },
  );
}

/** The command on this machine is the operator's; whoever comes over the network is a tenant. */
function trustOf(request: FastifyRequest): ServerTrust {
  return isFromThisMachine(request) ? 'operator' : 'tenant';
}

function registerImport(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/servers/import',
    {
      schema: {
        tags,
        summary: 'Register the servers of an mcpServers file',
        description:
          'Takes the format that MCP clients commonly use, `{mcpServers: {NAME: {command, args, env} | {url, headers}}}`, or such a file as `text`, whose problems are then named by line and column. All or none are registered; those that do not answer are named in `refresh`.',
        body: importSchema,
        response: { 200: z.object({ servers: z.array(registered) }), ...errorAnswers(400, 403) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { text, source } = request.body;
      const parsed = parseServersFile(text ?? JSON.stringify(request.body, null, 2), source);
      for (const { definition } of parsed) {
        refuseStrangersCommands(request, definition.transport, deps.options.allowStdioServers);
      }
      for (const { name, definition } of parsed) {
        await deps.registry.putServer(tenantId, name, definition, trustOf(request));
      }
      const servers = await Promise.all(
        parsed.map(async ({ name, definition }) => {
          const refreshed = definition.enabled ? await refresh(deps, tenantId, name) : null;
          const server = toServerView(await deps.registry.getServer(tenantId, name));
          return { server, refresh: refreshed };
        }),
      );
      return { servers };
    },
  );
}

function registerDelete(api: Api, deps: ResolvedApiDeps): void {
  api.delete(
    '/v1/servers/:name',
    {
      schema: {
        tags,
        summary: 'Remove a server and its tools',
        params,
        response: { 204: z.null(), ...errorAnswers(404) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantOf(request);
      const { name } = request.params;
      await deps.registry.removeServer(tenantId, name);
      await deps.connections.disconnect(tenantId, name);
      return reply.code(204).send(null);
    },
  );
}

async function find(
  deps: ResolvedApiDeps,
  tenantId: TenantId,
  name: ServerName,
): Promise<RegisteredServer | null> {
  try {
    return await deps.registry.getServer(tenantId, name);
  } catch (error) {
    if (isServiceError(error) && error.type === FAILURE.notFound) return null;
    throw error;
  }
}
