import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.ts';

/** Validation never sees these keys: copying objects drops them. */
export function refusePrototypeQuery(request: FastifyRequest): void {
  const keys = Object.keys(request.query as object);
  if (!keys.some((key) => key === '__proto__' || key.startsWith('constructor'))) return;
  throw new HttpError(400, 'BadInput', 'The query reaches for a prototype: remove that key.');
}
