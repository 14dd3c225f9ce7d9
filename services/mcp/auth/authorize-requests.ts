import type { FetchLike } from '@modelcontextprotocol/client';
import type { McpTarget } from '../mcp-target.ts';
import type { ServerTransport } from '../server-transport.ts';
import type { WaysOut } from '../ways-out.ts';
import { authorizedFetch } from './authorized-fetch.ts';
import type { GrantStore } from './grant-store.ts';
import { issuerFetch } from './issuer-fetch.ts';
import { LoginSession } from './login-session.ts';
import { MachineSession } from './machine-session.ts';

export interface AuthorizeDeps {
  readonly ways: WaysOut;
  /** `null`: nobody can log in. */
  readonly grants: GrantStore | null;
}

/**
 * The `fetch` for a server's requests: with tokens, where its definition or a login gives some.
 *
 * @param transport the target's with its variables expanded
 */
export function authorizeRequests(
  { tenantId, server, trust }: McpTarget,
  transport: ServerTransport,
  { ways, grants }: AuthorizeDeps,
): FetchLike {
  const plain = ways[trust ?? 'operator'].fetch;
  if (transport.kind !== 'http' && transport.kind !== 'sse') return plain;
  const { url: serverUrl, headers, auth = null } = transport;
  // The operator gave a token; no other is tried in its place.
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  if (isGiven) return plain;
  const fetch = issuerFetch(ways, trust ?? 'operator', [serverUrl, auth?.issuer]);
  if (auth?.grant === 'client_credentials') {
    return authorizedFetch(plain, new MachineSession({ server, serverUrl, auth, fetch }), server);
  }
  if (grants === null) return plain;
  const options = { tenantId, server, serverUrl, auth, grants, fetch };
  return authorizedFetch(plain, new LoginSession(options), server);
}
