import { z } from 'zod';
import { tellEffectDecided } from '../../client/index.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { unknownEffectSchema } from '../schemas/decision-schema.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';

const tags = ['effects'];

/** Calls that may or may not have acted. */
export function registerEffects(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/effects',
    {
      schema: {
        tags,
        summary: 'Calls whose end nobody knows, oldest first, at most 1000',
        response: {
          200: z.object({ effects: z.array(unknownEffectSchema) }),
          ...errorAnswers(503),
        },
      },
    },
    async (request) => {
      const effects = await deps.ledger.listUnknown(tenantOf(request).tenantId);
      return { effects: [...effects] };
    },
  );
  api.post(
    '/v1/effects/decide',
    {
      schema: {
        tags,
        summary: 'Decide on a call whose end nobody knows',
        description:
          '`retry`: the next attempt sends it again. `done`: it acted, and `result` is what it answered. ' +
          '`abort`: it counts as failed and is not sent again. A run that waits for this goes on.',
        body: z.discriminatedUnion('decision', [
          z.strictObject({ key, decision: z.enum(['retry', 'abort']) }),
          z.strictObject({ key, decision: z.literal('done'), result: z.string().max(100_000) }),
        ]),
        response: {
          200: z.object({
            key: z.string(),
            accepted: z.boolean(),
            runTold: z.boolean().meta({ description: 'Whether its run was still open.' }),
          }),
          ...errorAnswers(400, 409, 503),
        },
      },
    },
    async (request) => {
      const { key: id, decision } = request.body;
      const { tenantId } = tenantOf(request);
      if (decision === 'done') {
        await deps.ledger.resolve(tenantId, id, decision, textResult(request.body.result));
      } else await deps.ledger.resolve(tenantId, id, decision);
      const runTold = await tellEffectDecided(connectionFor(request, deps.connection), id);
      return { key: id, accepted: true, runTold };
    },
  );
}

const key = z.string().min(1).max(1_000);

function textResult(text: string): ToolResult {
  const content = [{ kind: 'text', text }] as const;
  return { isError: false, content, structured: null, artifact: null };
}
