import type { FetchLike } from '@modelcontextprotocol/client';
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import { unlessAborted } from '../unless-aborted.ts';
import type { AccessSession, Refusal } from './access-session.ts';
import { stillRefused } from './auth-problem.ts';
import { areScopes } from './scopes.ts';

/** A new token, and once more with a wider one. */
const MAX_RENEWALS = 2;

/**
 * A `fetch` that sends the session's token. A request that is refused for it is sent again with
 * another, which is safe: a refusal comes before the request is acted on.
 */
export function authorizedFetch(
  fetch: FetchLike,
  session: AccessSession,
  server: string,
): FetchLike {
  return async (url, init = {}) => {
    const bounded = <T>(work: Promise<T>): Promise<T> =>
      init.signal ? unlessAborted(work, init.signal) : work;
    for (let renewals = 0; ; renewals += 1) {
      const token = await bounded(session.token());
      const headers = new Headers(init.headers);
      if (token !== null) headers.set('authorization', `Bearer ${token}`);
      const response = await fetch(url, { ...init, headers });
      const refusal = refusalOf(response);
      if (refusal === null) return response;
      await response.body?.cancel();
      if (renewals === MAX_RENEWALS) {
        const what = `refuses with HTTP ${response.status} each token that was got for it`;
        throw stillRefused(server, what, 'Check "auth" of its definition and what it grants.');
      }
      await bounded(session.renew(refusal, token));
    }
  };
}

function refusalOf(response: Response): Refusal | null {
  if (response.status !== 401 && response.status !== 403) return null;
  const { scope = null, resourceMetadataUrl, error } = extractWWWAuthenticateParams(response);
  if (response.status === 403 && error !== 'insufficient_scope') return null;
  return {
    kind: response.status === 401 ? 'login' : 'scope',
    // It ends in messages and in the address that a person opens.
    scope: scope !== null && areScopes(scope) ? scope : null,
    resourceMetadataUrl: resourceMetadataUrl?.href ?? null,
  };
}
