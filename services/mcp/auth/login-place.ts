import type { FetchLike } from '@modelcontextprotocol/client';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import type { Environment } from '../expand-env.ts';
import { expandTransport } from '../expand-env.ts';
import type { McpTarget } from '../mcp-target.ts';
import type { WaysOut } from '../ways-out.ts';
import { issuerFetch } from './issuer-fetch.ts';
import type { ServerAuth } from './server-auth.ts';

/** Where a person may log in. */
export interface LoginPlace {
  readonly server: string;
  readonly url: string;
  readonly auth: ServerAuth | null;
  /** For authorization servers. */
  readonly fetch: FetchLike;
}

/** @throws ServiceError (BadInput) for a server at which nobody logs in. */
export function loginPlace(
  { server, transport: written, trust = 'operator' }: McpTarget,
  { env, ways }: { readonly env: Environment; readonly ways: WaysOut },
): LoginPlace {
  const transport = expandTransport(written, trust === 'tenant' ? null : env, server);
  if (transport.kind !== 'http' && transport.kind !== 'sse') {
    throw refuseLogin(
      server,
      `is of type "${transport.kind}"`,
      'Only "http" and "sse" have logins',
    );
  }
  const { url, auth = null, headers } = transport;
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) {
    const remedy = 'A login would not be used: remove the header first';
    throw refuseLogin(server, 'has an Authorization header', remedy);
  }
  if (auth?.grant === 'client_credentials') {
    const remedy = `Nobody logs in. Test it: ostinato servers test ${server}`;
    throw refuseLogin(server, 'has an account for the workers (client_credentials)', remedy);
  }
  return { server, url, auth, fetch: issuerFetch(ways, trust, [url, auth?.issuer]) };
}

export function refuseLogin(server: string, what: string, remedy: string): ServiceError {
  return new ServiceError(FAILURE.badInput, `Server "${server}" ${what}. ${remedy}.`);
}
