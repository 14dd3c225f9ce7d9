import type { AskedAccess } from './asked-access.ts';

/** Keeps a token for one server and gets another when it is refused. */
export interface AccessSession {
  /** The token to send; `null`: none is known, or none is needed. */
  token(): Promise<string | null>;
  /**
   * Resolves when another attempt may succeed.
   *
   * @param refused the token that was sent; `null`: there was none.
   * @throws McpError why it cannot.
   */
  renew(refusal: Refusal, refused: string | null): Promise<void>;
}

export interface Refusal extends AskedAccess {
  /** `login`: HTTP 401; `scope`: HTTP 403 for want of a scope. */
  readonly kind: 'login' | 'scope';
}

/** Tokens are renewed so long before they end, ms, and at most a fifth of their life before. */
const AHEAD_MS = 60_000;

/** Whether a token should be replaced though it still holds. */
export function isNearEnd(sinceMs: number, expiresAtMs: number | null, nowMs: number): boolean {
  if (expiresAtMs === null) return false;
  return nowMs >= expiresAtMs - Math.min(AHEAD_MS, (expiresAtMs - sinceMs) / 5);
}
