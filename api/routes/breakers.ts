import { z } from 'zod';
import type { TenantId } from '../../common/tenant.ts';
import type { BreakerTarget } from '../../services/breaker/breakers.ts';
import { overridesSchema } from '../../services/breaker/settings/breaker-overrides.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { BreakerAnswer } from '../schemas/breaker-schema.ts';
import { breakerAnswer, breakerSchema } from '../schemas/breaker-schema.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { tenantOf } from '../tenant-of.ts';
import { registerBreakerHistory } from './breaker-history.ts';
import { breakerParams, targetOf } from './breaker-target.ts';

const tags = ['breakers'];

const answers = { 200: breakerSchema, ...errorAnswers(400, 404) };

/** The breakers of all that the tenant's calls go to: models, MCP servers and their tools. */
export function registerBreakers(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/breakers',
    {
      schema: {
        tags,
        summary: 'Breakers of all providers and MCP servers, and of tools that are not closed',
        response: { 200: z.object({ breakers: z.array(breakerSchema) }), ...errorAnswers() },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const [routes, servers, tools] = await Promise.all([
        deps.providers.list(tenantId),
        deps.registry.listServers(tenantId),
        changedTools(deps, tenantId),
      ]);
      const targets: readonly BreakerTarget[] = [
        ...routes.map(({ id }) => ({ tenantId, kind: 'provider' as const, name: id })),
        ...servers.map(({ name }) => ({ tenantId, kind: 'mcp' as const, name })),
      ];
      const shown = await Promise.all([...targets, ...tools].map((target) => show(deps, target)));
      return { breakers: shown.filter(({ kind, phase }) => kind !== 'tool' || phase !== 'closed') };
    },
  );
  api.get(
    '/v1/breakers/:kind/:name',
    {
      schema: {
        tags,
        summary: 'A breaker',
        params: breakerParams,
        response: { 200: breakerSchema, ...errorAnswers(404) },
      },
    },
    async (request) => show(deps, await targetOf(deps, request, request.params)),
  );
  registerBreakerHistory(api, deps);
  registerActs(api, deps);
  registerSettings(api, deps);
}

function registerActs(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/breakers/:kind/:name/isolate',
    {
      schema: {
        tags,
        summary: 'Lets no call through until it is released',
        params: breakerParams,
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
        params: breakerParams,
        response: answers,
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params);
      const { actor } = tenantOf(request);
      const released = await deps.breakers.release(target, actor);
      deps.log.info({ audit: 'breakers', ...target, by: actor, released }, 'breaker released');
      return show(deps, target);
    },
  );
}

function registerSettings(api: Api, deps: ResolvedApiDeps): void {
  const path = '/v1/breakers/:kind/:name/settings';
  api.patch(
    path,
    {
      schema: {
        tags,
        summary: 'Changes how it judges, from the next call on, in every worker',
        description: 'Adds to what was set before. A dry run is `{"mode":"dry-run"}`.',
        params: breakerParams,
        body: overridesSchema,
        response: answers,
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params);
      await deps.breakerSettings.set(target, request.body, tenantOf(request).actor);
      return show(deps, target);
    },
  );
  api.delete(
    path,
    {
      schema: {
        tags,
        summary: "Back to the file's settings, or the preset",
        params: breakerParams,
        response: answers,
      },
    },
    async (request) => {
      const target = await targetOf(deps, request, request.params);
      await deps.breakerSettings.reset(target, tenantOf(request).actor);
      return show(deps, target);
    },
  );
}

const KEPT_MS = 31 * 86_400_000;
const MAX_CHANGES = 500;

/** Of thousands of tools few are ever ill: those that never changed are closed. */
async function changedTools(
  { breakerHistory }: Pick<ResolvedApiDeps, 'breakerHistory'>,
  tenantId: TenantId,
): Promise<readonly BreakerTarget[]> {
  const sinceMs = Date.now() - KEPT_MS;
  const kind = 'tool';
  const changes = await breakerHistory.list({ tenantId, kind, sinceMs, limit: MAX_CHANGES });
  const names = new Set(changes.map(({ name }) => name));
  return [...names].map((name) => ({ tenantId, kind, name }));
}

async function show(
  { breakers, breakerSettings }: Pick<ResolvedApiDeps, 'breakers' | 'breakerSettings'>,
  target: BreakerTarget,
): Promise<BreakerAnswer> {
  const changed = await breakerSettings.stored(target);
  return breakerAnswer(target, await breakers.state(target), changed);
}
