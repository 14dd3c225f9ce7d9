import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { FetchLike } from '@modelcontextprotocol/client';
import { refreshAuthorization } from '@modelcontextprotocol/client';
import { FAILURE } from '../../../common/failures.ts';
import { isServiceError } from '../../errors.ts';
import { McpError } from '../mcp-error.ts';
import type { AccessSession, Refusal } from './access-session.ts';
import { isNearEnd } from './access-session.ts';
import { assertionOf } from './assertion-of.ts';
import { isGrantOver, loginNeeded, stillRefused, toAuthProblem } from './auth-problem.ts';
import { discoverAccess, isSameIssuer } from './discover-access.ts';
import type { GrantOwner, GrantStore, KeptGrant } from './grant-store.ts';
import { coversScopes } from './scopes.ts';
import type { ServerAuth } from './server-auth.ts';
import type { StoredGrant } from './stored-grant.ts';
import { expiryOf } from './stored-grant.ts';

/** What other workers changed is seen within this time. */
const LOOK_EVERY_MS = 15_000;
/** A worker that died while it renewed keeps others waiting no longer. */
const LEASE_MS = 30_000;
const POLL_MS = 100;

export interface LoginSessionOptions extends GrantOwner {
  readonly serverUrl: string;
  /** `null`: its definition says nothing of logins. */
  readonly auth: ServerAuth | null;
  readonly grants: GrantStore;
  /** For authorization servers. */
  readonly fetch: FetchLike;
}

type Held = StoredGrant & { readonly version: number };

/** Access that a person gave by logging in; shared by all workers, of which one at a time renews it. */
export class LoginSession implements AccessSession {
  readonly #options: LoginSessionOptions;
  #held: Held | null = null;
  #lookedAtMs = -Infinity;
  #renewing: Promise<void> | null = null;

  constructor(options: LoginSessionOptions) {
    this.#options = options;
    // Where nothing speaks of a login the store is not asked before the server refuses.
    if (options.auth === null) this.#lookedAtMs = Infinity;
  }

  async token(): Promise<string | null> {
    if (Date.now() - this.#lookedAtMs > LOOK_EVERY_MS) await this.#look();
    const held = this.#held;
    const now = Date.now();
    if (held === null || !isNearEnd(held.sinceMs, held.expiresAtMs, now)) return tokenOf(held);
    if (held.tokens.refresh_token === undefined) return tokenOf(held);
    const isOver = held.expiresAtMs !== null && held.expiresAtMs <= now;
    try {
      await this.#renewOnce(tokenOf(held));
    } catch (error) {
      if (isOver || !isServiceError(error) || !error.retry.allowed) throw error;
    }
    return tokenOf(this.#held);
  }

  async renew(refusal: Refusal, refused: string | null): Promise<void> {
    const { server, auth, grants } = this.#options;
    const { grant, asked } = await this.#look();
    if (grant !== null && grant.tokens.access_token !== refused) return;
    if (refusal.kind === 'login' && grant?.tokens.refresh_token !== undefined) {
      return this.#renewOnce(refused);
    }
    if (refusal.kind === 'scope' && coversScopes(grant?.requestedScope ?? '', refusal.scope)) {
      const what = `refuses for want of the scope ${refusal.scope ?? ''}, which the login asked for`;
      throw stillRefused(server, what, 'Let the authorization server grant it to the person.');
    }
    const { scope, resourceMetadataUrl } = refusal;
    const wanted = { scope, resourceMetadataUrl };
    if (!isDeepStrictEqual(asked, wanted)) await grants.ask(this.#options, wanted);
    if (grant === null) {
      const or = auth === null ? ', or give it an Authorization header' : '';
      throw loginNeeded(server, 'lets nobody in without a login (HTTP 401)', or);
    }
    throw refusal.kind === 'login'
      ? loginNeeded(server, 'no longer accepts its login (HTTP 401)')
      : loginNeeded(
          server,
          `wants more than its login gives: the scope ${scope ?? 'it does not name'}`,
        );
  }

  /** What is stored for this address. A login for another one counts as none. */
  async #look(): Promise<KeptGrant> {
    const { auth, grants, server, serverUrl } = this.#options;
    let kept: KeptGrant;
    try {
      kept = await grants.read(this.#options);
    } catch (error) {
      if (!isServiceError(error) || error.type !== FAILURE.conflict) throw error;
      const message = `The login of server "${server}" cannot be read: ${error.message}`;
      throw new McpError(FAILURE.toolLoginNeeded, message, { sent: false, cause: error });
    }
    const { grant, version } = kept;
    const isOurs =
      grant !== null &&
      grant.serverUrl === serverUrl &&
      isForClient(grant, auth) &&
      (auth?.issuer === undefined || isSameIssuer(grant.tokens.issuer ?? '', auth.issuer));
    this.#held = isOurs ? { ...grant, version } : null;
    this.#lookedAtMs = Date.now();
    return { ...kept, grant: this.#held };
  }

  #renewOnce(refused: string | null): Promise<void> {
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(refused: string | null): Promise<void> {
    const { server, grants } = this.#options;
    for (const endMs = Date.now() + LEASE_MS; Date.now() < endMs; await delay(POLL_MS)) {
      await this.#look();
      const held = this.#held;
      if (held === null) throw loginNeeded(server, 'lets nobody in without a login');
      if (tokenOf(held) !== refused) return;
      if (await grants.lease(this.#options, held.version, LEASE_MS)) return this.#refresh(held);
    }
    const message = `The login of server "${server}" is being renewed by another worker, which takes too long.`;
    throw new McpError(FAILURE.toolUnavailable, message, {
      sent: false,
      retry: { allowed: true, afterMs: null },
    });
  }

  async #refresh(held: Held): Promise<void> {
    const { server, grants } = this.#options;
    const { version, ...grant } = held;
    try {
      const renewed = await this.#askForTokens(grant);
      // Where a person logged in meanwhile, that is the newer one.
      await grants.save(this.#options, renewed, version);
      await this.#look();
    } catch (error) {
      const { auth } = this.#options;
      if (isGrantOver(error)) {
        await grants.forget(this.#options, version);
        this.#held = null;
        throw loginNeeded(server, 'no longer accepts its login (it was revoked, or ran out)');
      }
      await grants.release(this.#options, version);
      const { access_token: access, refresh_token: refresh } = grant.tokens;
      const secrets = [access, refresh, auth?.clientSecret, grant.client.client_secret];
      throw toAuthProblem(error, { server, secrets });
    }
  }

  async #askForTokens(grant: StoredGrant): Promise<StoredGrant> {
    const { server, serverUrl, auth, fetch } = this.#options;
    const { client, tokens: old } = grant;
    const access = await discoverAccess(serverUrl, grant.resourceMetadataUrl, fetch);
    if (!isSameIssuer(old.issuer ?? '', access.issuer)) {
      // Tokens of one authorization server are never shown to another.
      throw loginNeeded(
        server,
        `has another authorization server since its login (${access.issuer})`,
      );
    }
    const tokens = await refreshAuthorization(access.authorizationServerUrl, {
      ...(access.authorizationServerMetadata === undefined
        ? {}
        : { metadata: access.authorizationServerMetadata }),
      ...(access.resource === undefined ? {} : { resource: access.resource }),
      clientInformation: client,
      refreshToken: old.refresh_token ?? '',
      ...assertionOf(auth, server),
      fetchFn: fetch,
    });
    const sinceMs = Date.now();
    return {
      ...grant,
      sinceMs,
      tokens: { ...old, ...tokens, issuer: access.issuer },
      expiresAtMs: expiryOf(tokens, sinceMs),
    };
  }
}

/** A client that the definition names is the one; others were registered by the login itself. */
function isForClient({ client }: StoredGrant, auth: ServerAuth | null): boolean {
  const { clientId } = auth ?? {};
  // One that is named by its document is registered where documents are not supported.
  if (clientId === undefined || clientId.startsWith('https://')) return true;
  return client.client_id === clientId;
}

function tokenOf(held: Held | null): string | null {
  return held?.tokens.access_token ?? null;
}
