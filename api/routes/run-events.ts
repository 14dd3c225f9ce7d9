import { Readable } from 'node:stream';
import { z } from 'zod';
import { describeRun, followRun } from '../../client/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { eventStream } from '../event-stream.ts';
import { HttpError } from '../http-error.ts';
import { errorAnswers } from '../schemas/error-answers.ts';
import { runId } from '../schemas/run-schema.ts';
import { connectionFor } from '../tenant-of.ts';
import { runLinks } from './run-links.ts';

/** Id of the last event; a client that comes back with it has everything. */
const END_ID = 'end';

export function registerRunEvents(api: Api, deps: ResolvedApiDeps): void {
  let open = 0;
  api.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags: ['runs'],
        summary: 'Follow a run as server-sent events',
        description:
          '`progress` events carry the progress (see Progress) with its revision as id, `waiting` says that no worker answers now, `result` carries the run (see Run) and is the last. ' +
          'A client that reconnects with Last-Event-ID misses and repeats nothing; after the end it is answered 204.',
        params: z.strictObject({ id: runId }),
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
      const lastEventId = request.headers['last-event-id'];
      if (lastEventId === END_ID) return reply.code(204).send(null);
      const connection = connectionFor(request, deps.connection);
      await describeRun(connection, id);
      if (open >= deps.options.maxEventStreams) {
        throw new HttpError(
          429,
          'TooManyStreams',
          `${open} event streams are open, which is the limit: close some, or ask GET /v1/runs/${id}.`,
        );
      }
      open += 1;
      const gone = new AbortController();
      const ends = AbortSignal.any([gone.signal, deps.closing]);
      const stream = Readable.from(
        eventStream(events(deps, connection, id, lastEventId, ends), {
          heartbeatMs: deps.options.heartbeatMs,
          signal: ends,
        }),
      );
      reply.raw.once('close', () => {
        open -= 1;
        gone.abort();
      });
      return (
        reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('x-accel-buffering', 'no')
          // A line kept for another request would hold up the end of a server that closes.
          .header('connection', 'close')
          .send(stream)
      );
    },
  );
}

async function* events(
  deps: ResolvedApiDeps,
  connection: OstinatoConnection,
  id: string,
  lastEventId: string | string[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly event: string; readonly id?: string; readonly data: unknown }> {
  const afterRevision = /^\d{1,15}$/.test(String(lastEventId)) ? Number(lastEventId) : -1;
  for await (const event of followRun(connection, id, { signal, afterRevision, everyMs: 250 })) {
    switch (event.kind) {
      case 'progress':
        yield { event: 'progress', id: String(event.progress.revision), data: event.progress };
        break;
      case 'waiting':
        yield { event: 'waiting', data: { reason: event.reason } };
        break;
      case 'ended': {
        const data = { ...event.run, links: runLinks(deps, connection, event.run) };
        yield { event: 'result', id: END_ID, data };
      }
    }
  }
}
