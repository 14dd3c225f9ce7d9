import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ServerEvent } from './event-stream.ts';
import { eventStream } from './event-stream.ts';
import { HttpError } from './http-error.ts';

/** Answers with server-sent events, as many at once as the process can hold. */
export interface EventStreams {
  /**
   * @param events gets a signal that is raised when the client has gone or the server closes. The next
   *   event is asked for when the client has taken the one before: a slow one holds up nothing.
   * @throws HttpError 429 `TooManyStreams`
   */
  answer(
    reply: FastifyReply,
    events: (signal: AbortSignal) => AsyncGenerator<ServerEvent>,
  ): FastifyReply;
}

export function createEventStreams(options: {
  /** Streams open at once. */
  readonly maxEventStreams: number;
  readonly heartbeatMs: number;
  readonly closing: AbortSignal;
}): EventStreams {
  const { maxEventStreams, heartbeatMs, closing } = options;
  let open = 0;
  return {
    answer(reply, events) {
      if (open >= maxEventStreams) {
        throw new HttpError(
          429,
          'TooManyStreams',
          `${open} event streams are open, which is the limit: close some, or ask for the state instead.`,
        );
      }
      open += 1;
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, closing]);
      const stream = Readable.from(eventStream(events(signal), { heartbeatMs, signal }), {
        // As text: one event, not sixteen, is read ahead of the socket.
        highWaterMark: 1,
      });
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
  };
}
