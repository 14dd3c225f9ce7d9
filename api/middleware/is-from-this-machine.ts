import type { FastifyRequest } from 'fastify';

const LOCAL = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether whoever asks sits at this machine, as the operator with the `ostinato` command does. A
 * request that a proxy passed on comes from elsewhere, whatever its address says.
 */
export function isFromThisMachine(request: Pick<FastifyRequest, 'socket' | 'headers'>): boolean {
  const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  return LOCAL.test(request.socket.remoteAddress ?? '') && !isForwarded;
}
