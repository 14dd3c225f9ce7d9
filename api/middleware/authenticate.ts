import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.ts';

type Check = (request: FastifyRequest) => void;

/** What orchestrators ask without a key; the answers say nothing but up or not. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);

/**
 * Lets a request pass that carries the key, as `Authorization: Bearer KEY` or `x-api-key: KEY`.
 * Digests are compared, so that neither the key's length nor its start shows in the time taken.
 */
export function requireApiKey(apiKey: string): Check {
  const wanted = digest(apiKey);
  return (request) => {
    if (OPEN_PATHS.has(request.routeOptions.url ?? '')) return;
    const given = keyOf(request);
    if (given !== null && timingSafeEqual(digest(given), wanted)) return;
    const why = given === null ? 'This API needs a key' : 'The API key is wrong';
    throw new HttpError(
      401,
      'Unauthenticated',
      `${why}: send "authorization: Bearer KEY" with the value of OSTINATO_API_KEY.`,
    );
  };
}

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string') return header;
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
  return bearer?.[1] ?? null;
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
