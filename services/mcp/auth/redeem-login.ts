import { timingSafeEqual } from 'node:crypto';
import { exchangeAuthorization } from '@modelcontextprotocol/client';
import { assertionOf } from './assertion-of.ts';
import { toAuthProblem } from './auth-problem.ts';
import type { LoginPlace } from './login-place.ts';
import { refuseLogin } from './login-place.ts';
import type { LoginAnswer } from './logins.ts';
import type { PendingLogin } from './pending-login.ts';
import type { StoredGrant } from './stored-grant.ts';
import { expiryOf } from './stored-grant.ts';

/**
 * The last leg of a login: tokens for the code that the person came back with.
 *
 * @throws ServiceError for an answer that is late, another login's or a refusal.
 */
export async function redeemLogin(
  { server, url, auth, fetch }: LoginPlace,
  pending: PendingLogin,
  answer: LoginAnswer,
): Promise<StoredGrant & { readonly issuer: string }> {
  const code = codeOf(server, pending, answer, url);
  const { discovery, client, codeVerifier, redirectUrl, resource, serverUrl } = pending;
  const metadata = discovery.authorizationServerMetadata;
  const issuer = metadata?.issuer ?? discovery.authorizationServerUrl;
  try {
    const tokens = await exchangeAuthorization(discovery.authorizationServerUrl, {
      ...(metadata === undefined ? {} : { metadata }),
      ...(answer.iss === null ? {} : { iss: answer.iss }),
      ...(resource === null ? {} : { resource }),
      ...{ clientInformation: client, codeVerifier, redirectUri: redirectUrl },
      authorizationCode: code,
      ...assertionOf(auth, server),
      fetchFn: fetch,
    });
    const sinceMs = Date.now();
    return {
      ...{ serverUrl, client, sinceMs, issuer },
      expiresAtMs: expiryOf(tokens, sinceMs),
      tokens: { ...tokens, issuer },
      requestedScope: pending.scope,
      resourceMetadataUrl: pending.resourceMetadataUrl,
    };
  } catch (error) {
    const known = [auth?.clientSecret, auth?.privateKey, client.client_secret];
    throw toAuthProblem(error, { server, secrets: [...known, codeVerifier, code] });
  }
}

/** The code of an answer to this login, in time. */
function codeOf(
  server: string,
  pending: PendingLogin,
  { state, code, error, errorDescription }: LoginAnswer,
  serverUrl: string,
): string {
  const again = `Begin anew: ostinato servers login ${server}`;
  if (!isSame(pending.state, state ?? '')) {
    throw refuseLogin(server, 'got the answer of another login (its "state" differs)', again);
  }
  if (Date.now() > pending.expiresAtMs) throw refuseLogin(server, 'got the answer too late', again);
  if (pending.serverUrl !== serverUrl) {
    throw refuseLogin(server, 'has another address by now', again);
  }
  if (error !== null) {
    const why =
      errorDescription === null ? '' : ` (${JSON.stringify(errorDescription.slice(0, 200))})`;
    throw refuseLogin(
      server,
      `does not let the person in: ${JSON.stringify(error.slice(0, 100))}${why}`,
      again,
    );
  }
  if (code === null) throw refuseLogin(server, 'got an answer without a code', again);
  return code;
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
