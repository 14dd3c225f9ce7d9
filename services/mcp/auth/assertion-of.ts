import type { AddClientAuthentication } from '@modelcontextprotocol/client';
import { createPrivateKeyJwtAuth } from '@modelcontextprotocol/client';
import type { ServerAuth } from './server-auth.ts';

/** How a client with a key proves itself (`private_key_jwt`); nothing for others. */
export function assertionOf(auth: ServerAuth | null): {
  readonly addClientAuthentication?: AddClientAuthentication;
} {
  if (auth?.privateKey === undefined) return {};
  const { clientId = '', privateKey, algorithm: alg = 'RS256' } = auth;
  const prove = createPrivateKeyJwtAuth({ issuer: clientId, subject: clientId, privateKey, alg });
  return { addClientAuthentication: prove };
}
