import { ulid } from 'ulid';
import { z } from 'zod';
import type { ToolId } from '../../common/tool.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { directCalls } from '../direct-calls.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { jsonObject, toolResultSchema } from '../schemas/tool-schema.ts';
import { tenantOf } from '../tenant-of.ts';

const MAX_TOTAL_TIMEOUT_MS = 600_000;

/** One call of one tool, outside of any run. */
export function registerToolCalls(api: Api, deps: ResolvedApiDeps): void {
  const calls = directCalls(deps);
  api.post(
    '/v1/tools/call',
    {
      schema: {
        tags: ['tools'],
        summary: 'Call a tool',
        description:
          'The call is not part of a run: nothing repeats it after a crash, and a tool that a person has to approve is refused (403), since nobody could be asked. A tool that ran and said no is a 200 with `isError: true`.',
        headers: z.looseObject({
          'idempotency-key': z
            .string()
            .regex(/^[\x21-\x7e]{1,255}$/)
            .optional(),
        }),
        body: z.strictObject({
          tool: z
            .string()
            .min(1)
            .max(300)
            .meta({ description: '`server/tool`, or its model name' }),
          args: jsonObject.default({}),
          timeoutMs: z
            .int()
            .min(1)
            .max(MAX_TOTAL_TIMEOUT_MS)
            .default(30_000)
            .meta({ description: 'Longest silence of the server.' }),
        }),
        response: { 200: toolResultSchema, ...errorAnswers(400, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const tenant = tenantOf(request);
      const { tool, args, timeoutMs } = request.body;
      const named = await deps.registry.findToolByModelName(tenant.tenantId, tool);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      return calls.call(
        {
          tenant,
          tool: named?.id ?? (tool as ToolId),
          args,
          idempotencyKey: `api:${tenant.tenantId}:${String(request.headers['idempotency-key'] ?? ulid())}`,
          fingerprint: null,
          timeoutMs,
          maxTotalTimeoutMs: MAX_TOTAL_TIMEOUT_MS,
        },
        { signal: AbortSignal.any([gone.signal, deps.closing]), attempt: 1 },
      );
    },
  );
}
