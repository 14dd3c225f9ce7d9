import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
} from '@modelcontextprotocol/client';
import { AuthorizationServerMismatchError } from '@modelcontextprotocol/client';
import { isSameIssuer } from './discover-access.ts';
import type { ServerAuth } from './server-auth.ts';

export interface LoginProviderOptions {
  readonly auth: ServerAuth | null;
  readonly redirectUrl: string;
  readonly state: string;
}

/** What the SDK's first leg of a login (discovery, registration, PKCE) left behind. */
export interface BegunLogin {
  readonly authorizationUrl: URL;
  readonly codeVerifier: string;
  readonly client: StoredOAuthClientInformation;
  readonly discovery: OAuthDiscoveryState;
}

/**
 * Takes part in the first leg of one login, and remembers it. A client that the definition names is
 * used as it is; without one, each login registers its own, since its redirect address is its own.
 */
export function createLoginProvider({ auth, redirectUrl, state }: LoginProviderOptions): {
  readonly provider: OAuthClientProvider;
  begun(): BegunLogin | null;
} {
  const document = auth?.clientId?.startsWith('https://') === true ? auth.clientId : undefined;
  const named = document === undefined ? namedClient(auth) : undefined;
  let client = named;
  let codeVerifier: string | undefined;
  let authorizationUrl: URL | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl,
    clientMetadata: clientMetadata(redirectUrl, auth),
    ...(document === undefined ? {} : { clientMetadataUrl: document }),
    state: () => state,
    clientInformation: () => client,
    ...(named === undefined
      ? { saveClientInformation: (given: StoredOAuthClientInformation) => void (client = given) }
      : {}),
    tokens: () => undefined,
    saveTokens: () => {},
    redirectToAuthorization: (url) => void (authorizationUrl = url),
    saveCodeVerifier: (verifier) => void (codeVerifier = verifier),
    codeVerifier: () => codeVerifier ?? '',
    saveDiscoveryState(found) {
      const issuer = found.authorizationServerMetadata?.issuer ?? found.authorizationServerUrl;
      if (auth?.issuer !== undefined && !isSameIssuer(auth.issuer, issuer)) {
        throw new AuthorizationServerMismatchError(auth.issuer, issuer);
      }
      discovery = found;
    },
    discoveryState: () => discovery,
  };
  return {
    provider,
    begun: () =>
      authorizationUrl === undefined ||
      codeVerifier === undefined ||
      client === undefined ||
      discovery === undefined
        ? null
        : { authorizationUrl, codeVerifier, client, discovery },
  };
}

function clientMetadata(redirectUrl: string, auth: ServerAuth | null): OAuthClientMetadata {
  return {
    client_name: 'Ostinato',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(auth?.scope === undefined ? {} : { scope: auth.scope }),
  };
}

function namedClient(auth: ServerAuth | null): StoredOAuthClientInformation | undefined {
  if (auth?.clientId === undefined) return undefined;
  return {
    client_id: auth.clientId,
    ...(auth.clientSecret === undefined ? {} : { client_secret: auth.clientSecret }),
    ...(auth.issuer === undefined ? {} : { issuer: auth.issuer }),
  };
}
