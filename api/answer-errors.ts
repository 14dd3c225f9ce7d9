import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from './api.ts';
import { toErrorAnswer } from './error-answer.ts';
import { HttpError } from './http-error.ts';

/** Every error leaves in one shape, and each request leaves one line in the log. */
export function answerErrors(api: Api): void {
  api.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  api.setNotFoundHandler((request, reply) => {
    const path = JSON.stringify(request.url.split('?')[0]?.slice(0, 200));
    const message = `There is no ${request.method} ${path}. GET /docs lists what there is.`;
    return sendError(new HttpError(404, 'NotFound', message), request, reply);
  });
  api.addHook('onResponse', (request, reply, done) => {
    const line = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    request.log.debug(line, 'answered');
    done();
  });
}

/** A server error is logged whole, with its stack; the caller gets the id to find it by. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, type, message, problems, retryAfterS } = toErrorAnswer(error);
  if (status === 500) {
    request.log.error({ err: error, requestId: request.id, method: request.method }, 'failed');
  }
  if (retryAfterS !== null) reply.header('retry-after', String(retryAfterS));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const problemsPart = problems === null ? {} : { problems };
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ error: { type, message, ...problemsPart, requestId: request.id } });
}
