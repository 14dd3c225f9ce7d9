import { randomBytes } from 'node:crypto';
import { auth as beginAuthorization } from '@modelcontextprotocol/client';
import { isLoopback } from '../../config.ts';
import { toAuthProblem } from './auth-problem.ts';
import type { KeptGrant } from './grant-store.ts';
import type { LoginPlace } from './login-place.ts';
import { refuseLogin } from './login-place.ts';
import { createLoginProvider } from './login-provider.ts';
import type { PendingLogin } from './pending-login.ts';
import { unionOfScopes } from './scopes.ts';

/** A person who has not answered by then begins anew. */
const LOGIN_MS = 10 * 60_000;

/**
 * The first leg of a login: finds the authorization server and registers with it.
 *
 * @throws McpError why nobody can log in.
 */
export async function beginLogin(
  { server, url: serverUrl, auth, fetch }: LoginPlace,
  { grant, asked }: KeptGrant,
  redirectUrl: string,
): Promise<{ readonly authorizationUrl: string; readonly pending: PendingLogin }> {
  const known = grant?.serverUrl === serverUrl ? grant : null;
  const scope = unionOfScopes(auth?.scope, known?.requestedScope, asked?.scope);
  const resourceMetadataUrl = asked?.resourceMetadataUrl ?? known?.resourceMetadataUrl ?? null;
  const state = randomBytes(24).toString('base64url');
  const { provider, begun } = createLoginProvider({ auth, redirectUrl, state });
  try {
    await beginAuthorization(provider, {
      serverUrl,
      fetchFn: fetch,
      ...(scope === null ? {} : { scope }),
      ...(resourceMetadataUrl === null
        ? {}
        : { resourceMetadataUrl: new URL(resourceMetadataUrl) }),
    });
  } catch (error) {
    throw toAuthProblem(error, { server, secrets: [auth?.clientSecret, auth?.privateKey] });
  }
  const first = begun();
  if (first === null) throw new Error('The first leg of a login ended without an address.');
  const { authorizationUrl, codeVerifier, client, discovery } = first;
  const pending: PendingLogin = {
    ...{ state, redirectUrl, resourceMetadataUrl, serverUrl, codeVerifier, client, discovery },
    expiresAtMs: Date.now() + LOGIN_MS,
    scope: authorizationUrl.searchParams.get('scope'),
    resource: authorizationUrl.searchParams.get('resource'),
  };
  return { authorizationUrl: safeHref(authorizationUrl, server), pending };
}

/** It is opened in a browser, and the server chose it: no other scheme gets there. */
function safeHref(url: URL, server: string): string {
  const isSafe =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (isSafe) return url.href;
  const place = `${url.protocol}//${url.host}`;
  throw refuseLogin(server, `names ${place} as the place to log in`, 'It must be https');
}
