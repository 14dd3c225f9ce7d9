import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createMcpServer } from '../../client/mcp/mcp-server.ts';
import type { TenantContext } from '../../common/tenant.ts';
import { createMetaTools } from '../../services/discovery/meta-tools.ts';
import type { Api } from '../api.ts';
import { sendError } from '../answer-errors.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { directCalls } from '../direct-calls.ts';
import { toErrorAnswer } from '../error-answer.ts';
import { tenantOf } from '../tenant-of.ts';
import { localEngine } from './local-engine.ts';

const PARSE_ERROR = -32_700;

/**
 * Ostinato as an MCP server over Streamable HTTP, in both protocol eras. Key, Host and Origin are
 * checked by the hooks that all routes share; every request gets a server object of its own, for the
 * tenant that sent it.
 */
export function registerMcp(api: Api, deps: ResolvedApiDeps): void {
  const metaTools = createMetaTools({ ...deps, tools: directCalls(deps) });
  const handler = createMcpHandler(
    ({ era, authInfo }) =>
      createMcpServer(localEngine(deps, metaTools, tenantIn(authInfo)), { era }),
    { onerror: (error) => deps.log.debug({ err: error }, 'mcp request refused') },
  );
  const serve = toNodeHandler(handler, {
    onerror: (error) => deps.log.error({ err: error }, 'mcp request failed'),
  });
  api.addHook('preClose', () => handler.close());
  void api.register(async (scope) => {
    scope.setErrorHandler(refuse);
    scope.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      schema: { hide: true },
      async handler(request, reply) {
        reply.hijack();
        // A line kept for another request would hold up the end of a server that closes.
        reply.raw.once('finish', () => {
          if (deps.closing.aborted) request.raw.socket.end();
        });
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        await serve(withTenant(request), reply.raw, request.body);
      },
    });
  });
}

/** `auth` is what the handler carries from a request to the server object that answers it. */
function withTenant(request: FastifyRequest): NodeIncomingMessageLike {
  const tenant = tenantOf(request);
  const { actor: clientId, scopes } = tenant;
  const auth: AuthInfo = { token: '', clientId, scopes: [...scopes], extra: { tenant } };
  return Object.assign(request.raw, { auth }) as NodeIncomingMessageLike;
}

function tenantIn(authInfo: AuthInfo | undefined): TenantContext {
  const tenant = authInfo?.extra?.['tenant'];
  if (tenant === undefined) throw new Error('An MCP request came without its tenant.');
  return tenant as TenantContext;
}

/** What is no JSON is refused as JSON-RPC has it; what the shared hooks refuse, as everywhere. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message } = toErrorAnswer(error);
  if (status !== 400) return sendError(error, request, reply);
  return reply
    .code(400)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ jsonrpc: '2.0', id: null, error: { code: PARSE_ERROR, message } });
}
