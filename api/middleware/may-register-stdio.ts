import type { FastifyRequest } from 'fastify';
import type { ServerTransport } from '../../services/mcp/server-transport.ts';
import { HttpError } from '../http-error.ts';

const LOCAL = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * A stdio server is a command that this process will run, so only whoever sits at this machine may
 * register one, and only where the process serves nobody else. A request that a proxy passed on
 * comes from elsewhere, whatever its address says.
 *
 * @throws HttpError 403
 */
export function refuseStrangersCommands(
  request: FastifyRequest,
  transport: ServerTransport,
  isAllowed: boolean,
): void {
  if (transport.kind !== 'stdio') return;
  const isLocal = LOCAL.test(request.socket.remoteAddress ?? '');
  const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  if (isAllowed && isLocal && !isForwarded) return;
  throw new HttpError(
    403,
    'Denied',
    'stdio servers are commands that this process would run: they are registered only from the ' +
      'same machine with "ostinato dev". Elsewhere, put them into the servers file of the workers, ' +
      'or run the server by itself and register its URL.',
  );
}
