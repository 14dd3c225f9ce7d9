import type { FetchLike, OAuthClientProvider, OAuthServerInfo } from '@modelcontextprotocol/client';
import { discoverOAuthServerInfo, selectResourceURL } from '@modelcontextprotocol/client';

/** Who gives tokens for a server, and for what they are asked. */
export interface DiscoveredAccess extends OAuthServerInfo {
  readonly issuer: string;
  /** The resource indicator (RFC 8707), as the server writes it. */
  readonly resource: string | undefined;
}

/** @throws the SDK's errors: no description, another issuer than it says, a resource of somebody else. */
export async function discoverAccess(
  serverUrl: string,
  resourceMetadataUrl: string | null,
  fetchFn: FetchLike,
): Promise<DiscoveredAccess> {
  const info = await discoverOAuthServerInfo(serverUrl, {
    fetchFn,
    ...(resourceMetadataUrl === null ? {} : { resourceMetadataUrl: new URL(resourceMetadataUrl) }),
  });
  // The default check looks at no more of a provider than whether it brings its own.
  const checked = await selectResourceURL(
    serverUrl,
    {} as OAuthClientProvider,
    info.resourceMetadata,
  );
  return {
    ...info,
    issuer: info.authorizationServerMetadata?.issuer ?? String(info.authorizationServerUrl),
    resource: checked === undefined ? undefined : info.resourceMetadata?.resource,
  };
}

/** One trailing slash is no difference: servers write their names with and without. */
export function isSameIssuer(left: string, right: string): boolean {
  return left.replace(/\/$/, '') === right.replace(/\/$/, '');
}
