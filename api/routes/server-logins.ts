import { z } from 'zod';
import type { FastifyRequest } from 'fastify';
import { isServiceError } from '../../services/errors.ts';
import type { McpTarget } from '../../services/mcp/mcp-target.ts';
import type { ServerName } from '../../common/tool.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { refreshSchema, serverName } from '../schemas/server-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { refresh } from './refresh.ts';

const params = z.strictObject({ name: serverName });
const tags = ['servers'];
const answerText = z.string().min(1).max(8_192).nullable().default(null);

/** RFC 8252: the answer comes back to the machine of the person, and nowhere else. */
const redirectUrl = z
  .url()
  .max(300)
  .regex(/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\/[^?#]*$/, {
    message: 'must be http://127.0.0.1:PORT/PATH: the person who logs in waits there',
  });

const startedSchema = z
  .object({
    authorizationUrl: z.string().meta({ description: 'Where the person goes.' }),
    login: z.string().meta({ description: 'Sealed; to be sent back with the answer.' }),
    expiresAtMs: z.number(),
  })
  .meta({ id: 'LoginStarted' });

const finishedSchema = z
  .object({
    issuer: z.string(),
    scope: z.string().nullable(),
    renews: z.boolean().meta({ description: 'Whether workers renew it by themselves.' }),
    expiresAtMs: z.number().nullable().meta({ description: 'When the first token ends.' }),
    refresh: refreshSchema,
  })
  .meta({ id: 'LoginFinished' });

/** Logging in at servers that ask a person, once for all workers of the tenant. */
export function registerServerLogins(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/servers/:name/login',
    {
      schema: {
        tags,
        summary: 'Begin a login at a server',
        description:
          'Finds the authorization server, registers a client where none is named, and says where the person has to go (authorization code with PKCE). The answer is awaited at `redirectUrl`, on the machine of the person, and sent to `/login/finish`. `ostinato servers login` does all of it.',
        params,
        body: z.strictObject({ redirectUrl }),
        response: { 200: startedSchema, ...errorAnswers(400, 404, 409, 503) },
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params.name);
      await askOnce(deps, target);
      return deps.logins.start(target, request.body.redirectUrl);
    },
  );
  api.post(
    '/v1/servers/:name/login/finish',
    {
      schema: {
        tags,
        summary: 'Finish a login with what came to the redirect address',
        params,
        body: z.strictObject({
          login: z.string().min(1).max(200_000),
          state: answerText,
          code: answerText,
          iss: answerText,
          error: answerText,
          errorDescription: answerText,
        }),
        response: { 200: finishedSchema, ...errorAnswers(400, 404, 409, 503) },
      },
    },
    async (request) => {
      const { name } = request.params;
      const target = await targetOf(deps, request, name);
      const finished = await deps.logins.finish(target, request.body);
      return { ...finished, refresh: await refresh(deps, target.tenantId, name) };
    },
  );
  api.delete(
    '/v1/servers/:name/login',
    {
      schema: {
        tags,
        summary: 'Forget the login at a server, and revoke it where that is possible',
        params,
        response: {
          200: z.object({ wasLoggedIn: z.boolean(), revoked: z.boolean() }),
          ...errorAnswers(400, 404),
        },
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params.name);
      const outcome = await deps.logins.logout(target);
      await deps.connections.disconnect(target.tenantId, target.server);
      return outcome;
    },
  );
}

async function targetOf(
  deps: ResolvedApiDeps,
  request: FastifyRequest,
  name: ServerName,
): Promise<McpTarget> {
  const { tenantId } = tenantOf(request);
  const { definition, trust } = await deps.registry.getServer(tenantId, name);
  const { transport, connectTimeoutMs, protocol } = definition;
  return { tenantId, server: name, transport, trust, connectTimeoutMs, protocol };
}

/** Lets the server say what it wants of whoever comes without a token. */
async function askOnce(deps: ResolvedApiDeps, target: McpTarget): Promise<void> {
  try {
    await deps.connections.listTools(target);
  } catch (error) {
    if (!isServiceError(error)) throw error;
  }
}
