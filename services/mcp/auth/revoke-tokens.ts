import { selectClientAuthMethod } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { assertionOf } from './assertion-of.ts';
import { discoverAccess, isSameIssuer } from './discover-access.ts';
import type { LoginPlace } from './login-place.ts';
import type { StoredGrant } from './stored-grant.ts';

const revocable = z.looseObject({ revocation_endpoint: z.url({ protocol: /^https?$/ }) });

/**
 * Tells the authorization server that the tokens are needed no more (RFC 7009).
 *
 * @returns whether it took that; many have no way to say it, and one that is away says nothing.
 */
export async function revokeTokens(
  grant: StoredGrant,
  { server, auth, fetch }: LoginPlace,
): Promise<boolean> {
  const { tokens, serverUrl, resourceMetadataUrl } = grant;
  try {
    const access = await discoverAccess(serverUrl, resourceMetadataUrl, fetch);
    const metadata = access.authorizationServerMetadata;
    const named = revocable.safeParse(metadata);
    if (!named.success || !isSameIssuer(access.issuer, tokens.issuer ?? '')) return false;
    const endpoint = named.data.revocation_endpoint;
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
    // A refresh token takes its access tokens with it.
    const body = new URLSearchParams({ token: tokens.refresh_token ?? tokens.access_token });
    const { addClientAuthentication: prove } = assertionOf(auth, server);
    if (prove === undefined) proveByMethod(grant, metadata, headers, body);
    else await prove(headers, body, endpoint, metadata);
    const response = await fetch(endpoint, { method: 'POST', headers, body });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function proveByMethod(
  { client }: StoredGrant,
  metadata: { readonly token_endpoint_auth_methods_supported?: string[] | undefined } | undefined,
  headers: Headers,
  body: URLSearchParams,
): void {
  const methods = metadata?.token_endpoint_auth_methods_supported ?? [];
  const { client_id: id, client_secret: secret = '' } = client;
  if (selectClientAuthMethod(client, methods) === 'client_secret_basic') {
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    return;
  }
  body.set('client_id', id);
  if (secret !== '') body.set('client_secret', secret);
}
