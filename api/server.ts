import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { FAILURE } from '../common/failures.ts';
import { isLoopback } from '../services/config.ts';
import { ServiceError } from '../services/errors.ts';
import type { Api } from './api.ts';
import type { ApiDeps } from './api-deps.ts';
import { resolveDeps } from './api-deps.ts';
import { answerErrors, sendError } from './answer-errors.ts';
import { registerMcp } from './mcp/mcp-endpoint.ts';
import { setAnswerHeaders } from './middleware/answer-headers.ts';
import { requireApiKey } from './middleware/authenticate.ts';
import { acceptJsonOnly } from './middleware/json-body.ts';
import { limitArrival } from './middleware/limit-arrival.ts';
import { plainHook } from './middleware/plain-hook.ts';
import { refusePrototypeQuery } from './middleware/query.ts';
import { refuseOtherSites } from './middleware/same-origin.ts';
import { newId } from './new-id.ts';
import { refuseMalformed } from './refuse-malformed.ts';
import { withOwnContent, withSharedAnswers } from './schemas/shared-answers.ts';
import { registerApprovals } from './routes/approvals.ts';
import { registerArtifacts } from './routes/artifacts.ts';
import { registerBatches } from './routes/batches.ts';
import { registerChatCompletions } from './routes/chat-completions.ts';
import { registerConversations } from './routes/conversations.ts';
import { registerEmbeddings } from './routes/embeddings.ts';
import { registerEffects } from './routes/effects.ts';
import { registerFindTools } from './routes/find-tools.ts';
import { registerHealth } from './routes/health.ts';
import { registerProviders } from './routes/providers.ts';
import { registerPlans } from './routes/plans.ts';
import { registerBreakers } from './routes/breakers.ts';
import { registerRuleSuggestions } from './routes/rule-suggestions.ts';
import { registerRules } from './routes/rules.ts';
import { registerRunEvents } from './routes/run-events.ts';
import { registerRunOrders } from './routes/run-orders.ts';
import { registerResponses } from './routes/responses.ts';
import { registerRuns } from './routes/runs.ts';
import { registerSchedules } from './routes/schedules.ts';
import { registerSearch } from './routes/search.ts';
import { registerServerChecks } from './routes/server-checks.ts';
import { registerServerLogins } from './routes/server-logins.ts';
import { registerServers } from './routes/servers.ts';
import { registerToolCalls } from './routes/tool-calls.ts';
import { registerTools } from './routes/tools.ts';
import { validate } from './validate.ts';

const MAX_PARAM_LENGTH = 300;

/**
 * The HTTP API, not yet listening: `await server.listen({host, port})`. `close()` ends event
 * streams and waits for the other requests.
 *
 * @throws ServiceError (BadInput) when others could reach it and no key is set.
 */
export function createServer(deps: ApiDeps): FastifyInstance {
  const { host, apiKey } = deps.config;
  if (apiKey === null && !isLoopback(host)) {
    throw new ServiceError(
      FAILURE.badInput,
      `The API would listen on "${host}", which others can reach, without a key. Set OSTINATO_API_KEY, or bind to 127.0.0.1.`,
    );
  }
  const closing = new AbortController();
  const resolved = resolveDeps(deps, closing.signal);
  const api: Api = fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newId,
    // Lines about a request name it themselves; a logger of its own for each is not needed.
    childLoggerFactory: (logger) => logger,
    requestIdHeader: false,
    bodyLimit: resolved.options.bodyLimitBytes,
    // Of bodies `limitArrival` decides; Node's limit for headers stays.
    requestTimeout: 0,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseMalformed,
    frameworkErrors: refuseEarly,
  }).withTypeProvider<ZodTypeProvider>();

  api.setValidatorCompiler(validate);
  // The compiler has checked what handlers return against the schemas: they are for the docs.
  api.setSerializerCompiler(() => (data) => JSON.stringify(data));
  api.addHook('onRequest', plainHook(setAnswerHeaders));
  api.addHook('onRequest', plainHook(apiKey === null ? refuseOtherSites : requireApiKey(apiKey)));
  limitArrival(api, resolved.options.arrivalTimeoutMs);
  acceptJsonOnly(api);
  api.addHook('preValidation', plainHook(refusePrototypeQuery));
  api.addHook('preClose', async () => closing.abort());
  answerErrors(api);
  describe(api, apiKey !== null);
  void api.register(async (scope) => {
    const routes = scope as unknown as Api;
    registerRuns(routes, resolved);
    registerRunOrders(routes, resolved);
    registerRunEvents(routes, resolved);
    registerBatches(routes, resolved);
    registerPlans(routes, resolved);
    registerSchedules(routes, resolved);
    registerApprovals(routes, resolved);
    registerConversations(routes, resolved);
    registerEffects(routes, resolved);
    registerServers(routes, resolved);
    registerServerChecks(routes, resolved);
    registerServerLogins(routes, resolved);
    registerTools(routes, resolved);
    registerToolCalls(routes, resolved);
    registerSearch(routes, resolved);
    registerFindTools(routes, resolved);
    registerProviders(routes, resolved);
    registerChatCompletions(routes, resolved);
    registerResponses(routes, resolved);
    registerEmbeddings(routes, resolved);
    registerArtifacts(routes, resolved);
    registerRules(routes, resolved);
    registerRuleSuggestions(routes, resolved);
    registerBreakers(routes, resolved);
    registerHealth(routes, resolved);
    registerMcp(routes, resolved);
  });
  return api as unknown as FastifyInstance;
}

/** Requests that Fastify refuses before any hook of ours has run. */
function refuseEarly(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  setAnswerHeaders(request, reply);
  sendError(error, request, reply);
}

/** OpenAPI at /docs/json, a page to try it at /docs. */
function describe(api: Api, needsKey: boolean): void {
  const schemes = {
    bearer: { type: 'http', scheme: 'bearer' },
    key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  } as const;
  void api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ostinato',
        description: 'Start, follow and cancel agent runs; administer MCP servers and their tools.',
        version: '1',
      },
      ...(needsKey ? { security: [{ bearer: [] }, { key: [] }] } : {}),
      components: { securitySchemes: schemes },
    },
    transform: (route) => {
      const schema = withSharedAnswers(route.schema, route.url);
      const described = jsonSchemaTransform({ ...route, schema });
      return { ...described, schema: withOwnContent(described.schema) };
    },
    transformObject: jsonSchemaTransformObject,
  });
  void api.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null },
    staticCSP: true,
    // The page is served over plain HTTP where nobody put TLS in front, and asks nobody else.
    transformStaticCSP: (policy) =>
      policy.replace('upgrade-insecure-requests;', '').replaceAll(/ (?:https:|validator\S*)/g, ''),
  });
}
