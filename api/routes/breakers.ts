import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServerName } from '../../common/tool.ts';
import type { BreakerTarget } from '../../services/breaker/breakers.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tenantOf } from '../tenant-of.ts';

const tags = ['breakers'];

const breakerSchema = z
  .object({
    kind: z.enum(['provider', 'mcp', 'tool']),
    name: z.string(),
    state: z.enum(['closed', 'deconstructed', 'open', 'recovering']),
    admit: z.number().meta({ description: 'Share of calls let through, 0 to 1.' }),
    retryAtMs: z.number().nullable().meta({ description: 'When an open one may be probed.' }),
    trips: z.number(),
    reason: z.string().meta({ description: 'Why it opened last.' }),
    heldBy: z.string().nullable().meta({ description: 'The operator who isolated it.' }),
  })
  .meta({ id: 'Breaker' });
type BreakerAnswer = z.output<typeof breakerSchema>;

const params = z.strictObject({
  kind: z.enum(['provider', 'mcp']),
  name: z.string().min(1).max(300),
});

/** The breakers of all that the tenant's calls go to: models and MCP servers. */
export function registerBreakers(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/breakers',
    {
      schema: {
        tags,
        summary: 'Breakers of all providers and MCP servers',
        response: { 200: z.object({ breakers: z.array(breakerSchema) }), ...errorAnswers() },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const [routes, servers] = await Promise.all([
        deps.providers.list(tenantId),
        deps.registry.listServers(tenantId),
      ]);
      const targets: readonly BreakerTarget[] = [
        ...routes.map(({ id }) => ({ tenantId, kind: 'provider' as const, name: id })),
        ...servers.map(({ name }) => ({ tenantId, kind: 'mcp' as const, name })),
      ];
      return { breakers: await Promise.all(targets.map((target) => show(deps, target))) };
    },
  );
  api.get(
    '/v1/breakers/:kind/:name',
    {
      schema: {
        tags,
        summary: 'A breaker',
        params,
        response: { 200: breakerSchema, ...errorAnswers(404) },
      },
    },
    async (request) => show(deps, await targetOf(deps, request, request.params)),
  );
  registerActs(api, deps);
}

function registerActs(api: Api, deps: ResolvedApiDeps): void {
  const answers = { 200: breakerSchema, ...errorAnswers(400, 404) };
  api.post(
    '/v1/breakers/:kind/:name/isolate',
    {
      schema: {
        tags,
        summary: 'Lets no call through until it is released',
        params,
        body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
        response: answers,
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params);
      const { actor } = tenantOf(request);
      const { reason } = request.body;
      await deps.breakers.hold(target, actor, reason);
      deps.log.info({ audit: 'breakers', ...target, by: actor, reason }, 'breaker isolated');
      return show(deps, target);
    },
  );
  api.post(
    '/v1/breakers/:kind/:name/release',
    {
      schema: {
        tags,
        summary: 'Lets calls through again, by the ramp, where an operator had isolated it',
        params,
        response: answers,
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params);
      const { actor } = tenantOf(request);
      const released = await deps.breakers.release(target);
      deps.log.info({ audit: 'breakers', ...target, by: actor, released }, 'breaker released');
      return show(deps, target);
    },
  );
}

/** A breaker of something that is not there would be a mistyped name. */
async function targetOf(
  deps: ResolvedApiDeps,
  request: FastifyRequest,
  { kind, name }: z.output<typeof params>,
): Promise<BreakerTarget> {
  const { tenantId } = tenantOf(request);
  if (kind === 'mcp') {
    await deps.registry.getServer(tenantId, name as ServerName);
    return { tenantId, kind, name };
  }
  const ids = (await deps.providers.list(tenantId)).map(({ id }) => id);
  if (ids.includes(name)) return { tenantId, kind, name };
  const known = ids.length === 0 ? 'none' : ids.join(', ');
  throw new HttpError(404, 'NotFound', `There is no model "${name}". There are: ${known}.`);
}

async function show(
  { breakers }: Pick<ResolvedApiDeps, 'breakers'>,
  target: BreakerTarget,
): Promise<BreakerAnswer> {
  const { state, ...rest } = await breakers.state(target);
  const admit = state.kind === 'closed' ? 1 : state.kind === 'open' ? 0 : state.admit;
  return {
    kind: target.kind,
    name: target.name,
    state: state.kind,
    admit,
    retryAtMs: state.kind === 'open' ? state.retryAtMs : null,
    ...rest,
  };
}
