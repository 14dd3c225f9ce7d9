import { z } from 'zod';
import type { Verdict } from '../../client/index.ts';
import { decide, listPending } from '../../client/index.ts';
import { verdictSchema } from '../../client/decisions.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { pendingInRunSchema } from '../schemas/decision-schema.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { connectionFor } from '../tenant-of.ts';

const tags = ['approvals'];

export function registerApprovals(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/approvals',
    {
      schema: {
        tags,
        summary: 'What waits for a person in all open runs, oldest first',
        response: {
          200: z.object({ pending: z.array(pendingInRunSchema) }),
          ...errorAnswers(503),
        },
      },
    },
    async (request) => {
      const pending = await listPending(connectionFor(request, deps.connection));
      return { pending: [...pending] };
    },
  );
  api.post(
    '/v1/approvals/:id',
    {
      schema: {
        tags,
        summary: 'Approve or deny a call that waits, or answer what its tool asks',
        description:
          'A call is approved as it is or with other arguments. What a tool asks is answered with `values`: those of the only question, or of each under its name; to deny it is to decline. 409 where it was decided already, came too late, or arguments or values do not fit.',
        params: z.strictObject({ id: z.string().min(1).max(250) }),
        body: verdictSchema,
        response: {
          200: z.object({ id: z.string(), accepted: z.boolean() }),
          ...errorAnswers(400, 404, 409, 503),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      await decide(connectionFor(request, deps.connection), id, request.body as Verdict);
      return { id, accepted: true };
    },
  );
}
