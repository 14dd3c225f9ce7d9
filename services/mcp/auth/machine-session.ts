import type { FetchLike, OAuthClientProvider } from '@modelcontextprotocol/client';
import {
  ClientCredentialsProvider,
  fetchToken,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/client';
import type { AccessSession, Refusal } from './access-session.ts';
import { isNearEnd } from './access-session.ts';
import { pemOf } from './assertion-of.ts';
import { stillRefused, toAuthProblem } from './auth-problem.ts';
import { discoverAccess } from './discover-access.ts';
import { coversScopes, unionOfScopes } from './scopes.ts';
import type { ServerAuth } from './server-auth.ts';
import { expiryOf } from './stored-grant.ts';

export interface MachineSessionOptions {
  readonly server: string;
  readonly serverUrl: string;
  /** With its variables expanded and checked. */
  readonly auth: ServerAuth;
  /** For authorization servers. */
  readonly fetch: FetchLike;
}

interface Held {
  readonly token: string;
  readonly sinceMs: number;
  readonly expiresAtMs: number | null;
}

/**
 * Access by an account of the workers' own. Tokens are kept in memory alone: each process gets its
 * own, at any time, so that none has to be stored.
 */
export class MachineSession implements AccessSession {
  readonly #options: MachineSessionOptions;
  readonly #provider: OAuthClientProvider;
  #held: Held | null = null;
  #fetching: Promise<void> | null = null;
  #refusal: Refusal = { kind: 'login', scope: null, resourceMetadataUrl: null };
  /** All that was asked for. */
  #scope: string | null;

  constructor(options: MachineSessionOptions) {
    this.#options = options;
    this.#provider = providerOf(options.auth, options.server);
    this.#scope = options.auth.scope ?? null;
  }

  async token(): Promise<string | null> {
    const held = this.#held;
    if (held === null) return null;
    const now = Date.now();
    if (!isNearEnd(held.sinceMs, held.expiresAtMs, now)) return held.token;
    const isOver = held.expiresAtMs !== null && held.expiresAtMs <= now;
    try {
      await this.#fetchOnce();
    } catch (error) {
      if (isOver) throw error;
    }
    return this.#held?.token ?? null;
  }

  async renew(refusal: Refusal, refused: string | null): Promise<void> {
    // Somebody else met the same refusal before.
    if (this.#held !== null && this.#held.token !== refused) return;
    const { server } = this.#options;
    if (refusal.kind === 'scope' && coversScopes(this.#scope, refusal.scope)) {
      const what = `refuses for want of the scope ${refusal.scope ?? ''}, which was asked for`;
      throw stillRefused(server, what, 'Let the authorization server grant it to the client.');
    }
    this.#scope = unionOfScopes(this.#scope, refusal.scope);
    this.#refusal = refusal;
    await this.#fetchOnce();
  }

  #fetchOnce(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { server, serverUrl, auth, fetch } = this.#options;
    try {
      const { resourceMetadataUrl } = this.#refusal;
      const access = await discoverAccess(serverUrl, resourceMetadataUrl, fetch);
      const scope = this.#scope ?? access.resourceMetadata?.scopes_supported?.join(' ');
      const tokens = await fetchToken(this.#provider, access.authorizationServerUrl, {
        ...(access.authorizationServerMetadata === undefined
          ? {}
          : { metadata: access.authorizationServerMetadata }),
        ...(access.resource === undefined ? {} : { resource: access.resource }),
        ...(scope === undefined ? {} : { scope }),
        fetchFn: fetch,
      });
      const sinceMs = Date.now();
      const expiresAtMs = expiryOf(tokens, sinceMs);
      this.#held = { token: tokens.access_token, sinceMs, expiresAtMs };
    } catch (error) {
      const secrets = [auth.clientSecret, auth.privateKey, this.#held?.token];
      throw toAuthProblem(error, { server, secrets });
    }
  }
}

/** The definition was checked: there is a client, its issuer and one of the two secrets. */
function providerOf(auth: ServerAuth, server: string): OAuthClientProvider {
  const { clientId = '', issuer: expectedIssuer = '', privateKey, clientSecret = '' } = auth;
  const scope = auth.scope === undefined ? {} : { scope: auth.scope };
  const known = { clientId, expectedIssuer, ...scope };
  return privateKey === undefined
    ? new ClientCredentialsProvider({ ...known, clientSecret })
    : new PrivateKeyJwtProvider({
        ...known,
        privateKey: pemOf(privateKey, server),
        algorithm: auth.algorithm ?? 'RS256',
      });
}
