import { z } from 'zod';
import type { OstinatoConnection } from '../../client/index.ts';
import { pauseRun, resumeRun, signalRun, steerRun } from '../../client/index.ts';
import type { JsonValue } from '../../common/json.ts';
import { SIGNAL_NAME_PATTERN } from '../../common/signal-name.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { runId } from '../schemas/run-schema.ts';
import { connectionFor } from '../tenant-of.ts';

const params = z.strictObject({ id: runId });
const tags = ['runs'];
const response = {
  202: z.object({ runId: z.string(), accepted: z.boolean() }),
  ...errorAnswers(400, 404, 409, 503),
};

/** What a run may be told while it goes on. */
export function registerRunOrders(api: Api, deps: ResolvedApiDeps): void {
  const orders = { pause: pauseRun, resume: resumeRun } satisfies Record<string, Order>;
  for (const [name, order] of Object.entries(orders)) {
    api.post(
      `/v1/runs/:id/${name}`,
      { schema: { tags, summary: SUMMARIES[name as keyof typeof orders], params, response } },
      async (request, reply) => {
        const { id } = request.params;
        await order(connectionFor(request, deps.connection), id);
        return reply.code(202).send({ runId: id, accepted: true });
      },
    );
  }
  api.post(
    '/v1/runs/:id/messages',
    {
      schema: {
        tags,
        summary: 'Tell a running agent something',
        description: 'Steps that have not started are left; it plans again with the message.',
        params,
        body: z.strictObject({ text: z.string().trim().min(1).max(20_000) }),
        response,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await steerRun(connectionFor(request, deps.connection), id, request.body.text);
      return reply.code(202).send({ runId: id, accepted: true });
    },
  );
  registerSignals(api, deps);
}

function registerSignals(api: Api, deps: ResolvedApiDeps): void {
  api.post(
    '/v1/runs/:id/signals/:name',
    {
      schema: {
        tags,
        summary: 'Send a run what a step of it waits for',
        description:
          'The body, any JSON, becomes the answer of the step. Where no step waits for it yet it is kept.',
        params: z.strictObject({
          id: runId,
          name: z.string().regex(new RegExp(SIGNAL_NAME_PATTERN), 'is no name of a signal'),
        }),
        body: (z.json() as z.ZodType<JsonValue>).nullish(),
        response,
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const connection = connectionFor(request, deps.connection);
      await signalRun(connection, id, name, request.body ?? null);
      return reply.code(202).send({ runId: id, accepted: true });
    },
  );
}

type Order = (connection: OstinatoConnection, runId: string) => Promise<void>;

const SUMMARIES = {
  pause: 'Start no further step; what runs goes on',
  resume: 'Go on with a paused run',
};
