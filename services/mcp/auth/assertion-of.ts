import { createPrivateKey } from 'node:crypto';
import type { AddClientAuthentication } from '@modelcontextprotocol/client';
import { createPrivateKeyJwtAuth } from '@modelcontextprotocol/client';
import { FAILURE } from '../../../common/failures.ts';
import { McpError } from '../mcp-error.ts';
import type { ServerAuth } from './server-auth.ts';

/**
 * How a client with a key proves itself (`private_key_jwt`); nothing for others.
 *
 * @throws McpError (BadInput) for a key that is none.
 */
export function assertionOf(
  auth: ServerAuth | null,
  server: string,
): { readonly addClientAuthentication?: AddClientAuthentication } {
  if (auth?.privateKey === undefined) return {};
  const { clientId = '', algorithm: alg = 'RS256' } = auth;
  const privateKey = pemOf(auth.privateKey, server);
  const prove = createPrivateKeyJwtAuth({ issuer: clientId, subject: clientId, privateKey, alg });
  return { addClientAuthentication: prove };
}

/** The key with its lines, which files of variables often write as `\\n`. */
export function pemOf(text: string, server: string): string {
  const pem = text.replaceAll('\\n', '\n');
  try {
    createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    throw new McpError(
      FAILURE.badInput,
      `Server "${server}" gives no access: "privateKey" of its "auth" is no private key in PEM ` +
        '("-----BEGIN PRIVATE KEY-----…", PKCS #8). Give the variable that holds one.',
      { sent: false },
    );
  }
  return pem;
}
