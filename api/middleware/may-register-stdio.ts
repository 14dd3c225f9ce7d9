import type { FastifyRequest } from 'fastify';
import type { ServerTransport } from '../../services/mcp/server-transport.ts';
import { HttpError } from '../http-error.ts';
import { isFromThisMachine } from './is-from-this-machine.ts';

/**
 * A stdio server is a command that this process will run, so only whoever sits at this machine may
 * register one, and only where the process serves nobody else.
 *
 * @throws HttpError 403
 */
export function refuseStrangersCommands(
  request: FastifyRequest,
  transport: ServerTransport,
  isAllowed: boolean,
): void {
  if (transport.kind !== 'stdio') return;
  if (isAllowed && isFromThisMachine(request)) return;
  throw new HttpError(
    403,
    'Denied',
    'stdio servers are commands that this process would run: they are registered only from the ' +
      'same machine with "ostinato dev". Elsewhere, put them into the servers file of the workers, ' +
      'or run the server by itself and register its URL.',
  );
}
