import type { FastifyReply, FastifyRequest } from 'fastify';

/** A hook that only looks: without a promise, which each request would wait for. */
export function plainHook(check: (request: FastifyRequest, reply: FastifyReply) => void) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    try {
      check(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}
