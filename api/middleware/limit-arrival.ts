import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseMalformed } from '../refuse-malformed.ts';
import { plainHook } from './plain-hook.ts';

/**
 * A slow sender does not hold a socket for ever: a body arrives as a whole within the limit. A file
 * of lines may take as long as it takes, as long as some of it comes within each limit.
 *
 * Node's own limit knows no routes.
 */
export function limitArrival(api: FastifyInstance, limitMs: number): void {
  api.addHook(
    'onRequest',
    plainHook((request: FastifyRequest) => {
      const { raw, headers, routeOptions } = request;
      const hasBody =
        headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
      const { socket } = raw;
      // A request that never came over a network (`inject`) holds none.
      if (!hasBody || raw.complete || !('bytesRead' in socket)) return;
      const isStream = routeOptions.config.bodyType !== undefined;
      let seenBytes = socket.bytesRead;
      const timer = setInterval(() => {
        if (raw.complete || socket.destroyed) return clearInterval(timer);
        const isMoving = isStream && socket.bytesRead > seenBytes;
        seenBytes = socket.bytesRead;
        // What has come waits to be read: the sender is not to blame.
        if (isMoving || (isStream && raw.readableLength > 0)) return;
        clearInterval(timer);
        refuseMalformed(LATE, socket);
        raw.destroy();
      }, limitMs);
      timer.unref();
      raw.once('close', () => clearInterval(timer));
    }),
  );
}

const LATE = Object.assign(new Error('The request did not arrive in time.'), {
  code: 'ERR_HTTP_REQUEST_TIMEOUT',
});
