import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { ServerEvent } from '../event-stream.ts';
import { batchId } from '../schemas/batch-schema.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { connectionFor, tenantOf } from '../tenant-of.ts';
import { readBatch } from './batch-view.ts';

/** The store is asked as often, ms: whoever watches costs the batch nothing. */
const LOOK_EVERY_MS = 500;
const params = z.strictObject({ id: batchId });

export function registerBatchEvents(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/batches/:id/events',
    {
      schema: {
        tags: ['batches'],
        summary: 'Follow a batch as server-sent events',
        description:
          '`batch` events carry the batch (see GET /v1/batches/{id}), one for each change; the one with `endedAtMs` is the last.',
        params,
        produces: ['text/event-stream'],
        response: {
          200: z.any().meta({ description: 'The events.' }),
          ...errorAnswers(404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const connection = connectionFor(request, deps.connection);
      const { tenantId } = tenantOf(request);
      const look = () => readBatch(deps, connection, tenantId, request.params.id);
      await look();
      return deps.eventStreams.answer(reply, (signal) => batchEvents(look, signal));
    },
  );
}

async function* batchEvents(
  look: () => ReturnType<typeof readBatch>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let seen = '';
  while (!signal.aborted) {
    const batch = await look();
    const now = JSON.stringify(batch);
    if (now !== seen) yield { event: 'batch', data: batch };
    seen = now;
    if (batch.state !== 'running' && batch.state !== 'collecting') return;
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
