import { z } from 'zod';
import { isServiceError } from '../../services/errors.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { refreshSchema, serverName } from '../schemas/server-schema.ts';
import { tenantOf } from '../tenant-of.ts';
import { refresh } from './refresh.ts';

const params = z.strictObject({ name: serverName });
const tags = ['servers'];

const testSchema = z
  .object({
    ok: z.boolean(),
    problem: z.string().nullable(),
    durationMs: z.number(),
    era: z.string().nullable(),
    serverInfo: z.object({ name: z.string(), version: z.string() }).nullable(),
    tools: z.array(z.string()),
  })
  .meta({ id: 'ServerTest' });

/** Talking to a server on request. */
export function registerServerChecks(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/servers/:name/refresh',
    {
      schema: {
        tags,
        summary: 'Ask a server for its tools anew',
        params,
        response: { 200: refreshSchema, ...errorAnswers(404) },
      },
    },
    (request) => refresh(deps, tenantOf(request).tenantId, request.params.name),
  );
  api.post(
    '/v1/servers/:name/test',
    {
      schema: {
        tags,
        summary: 'Connect to a server and list its tools, changing nothing',
        params,
        response: { 200: testSchema, ...errorAnswers(404) },
      },
    },
    async (request) => {
      const { tenantId } = tenantOf(request);
      const { definition, trust, name } = await deps.registry.getServer(
        tenantId,
        request.params.name,
      );
      const { transport, connectTimeoutMs, protocol } = definition;
      const startedAtMs = performance.now();
      const took = (): number => Math.round(performance.now() - startedAtMs);
      try {
        const target = { tenantId, server: name, transport, trust, connectTimeoutMs, protocol };
        const { era, serverInfo, tools } = await deps.connections.listTools(target);
        const names = tools.map((tool) => tool.name);
        return { ok: true, problem: null, durationMs: took(), era, serverInfo, tools: names };
      } catch (error) {
        if (!isServiceError(error)) throw error;
        const none = { era: null, serverInfo: null, tools: [] };
        return { ok: false, problem: error.message, durationMs: took(), ...none };
      }
    },
  );
}
