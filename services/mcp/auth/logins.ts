import type { Sealer } from '../../sealer.ts';
import type { Environment } from '../expand-env.ts';
import type { McpTarget } from '../mcp-target.ts';
import type { WaysOut } from '../ways-out.ts';
import { beginLogin } from './begin-login.ts';
import type { GrantStore } from './grant-store.ts';
import { loginPlace } from './login-place.ts';
import { pendingLoginSchema } from './pending-login.ts';
import { redeemLogin } from './redeem-login.ts';
import { revokeTokens } from './revoke-tokens.ts';

export interface StartedLogin {
  /** Where the person goes. */
  readonly authorizationUrl: string;
  /** To be given back with the answer; sealed, so that any process can go on with it. */
  readonly login: string;
  readonly expiresAtMs: number;
}

/** What the authorization server sent the person back with. */
export interface LoginAnswer {
  readonly login: string;
  readonly state: string | null;
  readonly code: string | null;
  readonly iss: string | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
}

export interface FinishedLogin {
  readonly scope: string | null;
  readonly issuer: string;
  /** Whether workers can renew it by themselves. */
  readonly renews: boolean;
  readonly expiresAtMs: number | null;
}

/** Logins of people at servers: begun and finished here, used by all workers. */
export interface Logins {
  /**
   * @param redirectUrl on the person's machine (loopback), where the answer is awaited
   * @throws ServiceError why nobody can log in.
   */
  start(target: McpTarget, redirectUrl: string): Promise<StartedLogin>;
  /** @throws ServiceError for an answer that is late, another login's or a refusal. */
  finish(target: McpTarget, answer: LoginAnswer): Promise<FinishedLogin>;
  /** Also tells the authorization server, where it takes that. @returns whether there was one. */
  logout(target: McpTarget): Promise<{ readonly wasLoggedIn: boolean; readonly revoked: boolean }>;
}

export interface LoginsDeps {
  readonly ways: WaysOut;
  readonly env: Environment;
  readonly grants: GrantStore;
  readonly sealer: Sealer;
}

export function createLogins({ ways, env, grants, sealer }: LoginsDeps): Logins {
  const sealedFor = ({ tenantId, server }: McpTarget) => ['server-login', tenantId, server];
  return {
    async start(target, redirectUrl) {
      const place = loginPlace(target, { env, ways });
      sealer.assertKey();
      // One that does not open is replaced by this login.
      const kept = await grants.read(target).catch(() => NOTHING);
      const { authorizationUrl, pending } = await beginLogin(place, kept, redirectUrl);
      const login = Buffer.from(sealer.seal(pending, sealedFor(target))).toString('base64url');
      return { authorizationUrl, login, expiresAtMs: pending.expiresAtMs };
    },

    async finish(target, answer) {
      const place = loginPlace(target, { env, ways });
      const sealed = Buffer.from(answer.login, 'base64url');
      const pending = pendingLoginSchema.parse(sealer.open(sealed, sealedFor(target)));
      const { issuer, ...grant } = await redeemLogin(place, pending, answer);
      await grants.save(target, grant, null);
      const { tokens, expiresAtMs } = grant;
      const scope = tokens.scope ?? pending.scope;
      return { scope, issuer, renews: tokens.refresh_token !== undefined, expiresAtMs };
    },

    async logout(target) {
      const { grant } = await grants.read(target).catch(() => NOTHING);
      const wasLoggedIn = await grants.forget(target, null);
      if (grant === null) return { wasLoggedIn, revoked: false };
      const place = loginPlace(target, { env, ways });
      return { wasLoggedIn, revoked: await revokeTokens(grant, place) };
    },
  };
}

const NOTHING = { grant: null, asked: null, version: 0 };
