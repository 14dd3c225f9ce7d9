import { z } from 'zod';
import { describeRun } from '../../client/index.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { END_ID, parsePlace } from '../event-place.ts';
import { liveServerEvents, runServerEvents } from '../run-server-events.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { runId } from '../schemas/run-schema.ts';
import { connectionFor } from '../tenant-of.ts';

const query = z.strictObject({
  /** Where to go on, for clients that set no headers. */
  offset: z.string().max(400).optional(),
  /** Without the progress and the result, for who has those from elsewhere. */
  only: z.enum(['live']).optional(),
});

export function registerRunEvents(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags: ['runs'],
        summary: 'Follow a run as server-sent events',
        description:
          '`progress` events carry the progress (see Progress), also where nothing has changed but which steps wait for a limit (`waitsFor`). `live` events carry what happens right now: `text` and `reasoning` of a model that is writing, steps `planned`, calls `started` and `ended`; `superseded` says that what its source wrote in attempts up to `voids` is void. `lost` says that some live events are gone; the progress that follows is the state. `waiting` says that no worker answers now, `result` carries the run (see Run) and is the last. ' +
          'A client that reconnects with the last id in Last-Event-ID (or `offset`) misses and repeats nothing that is kept; after the end it is answered 204.',
        params: z.strictObject({ id: runId }),
        querystring: query,
        produces: ['text/event-stream'],
        response: {
          200: z.any().meta({ description: 'The events.' }),
          204: z.null(),
          ...errorAnswers(404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const from = lastEventId(request.headers['last-event-id']) ?? request.query.offset;
      if (from === END_ID) return reply.code(204).send(null);
      const connection = connectionFor(request, deps.connection);
      await describeRun(connection, id);
      const events = request.query.only === 'live' ? liveServerEvents : runServerEvents;
      return deps.eventStreams.answer(reply, (signal) =>
        events(deps, connection, id, parsePlace(from), signal),
      );
    },
  );
}

export function lastEventId(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}
