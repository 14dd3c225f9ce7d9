import { hash } from 'node:crypto';
import type { FailureType } from '../../common/failures.ts';
import type { SharedKeys } from './limits/shared-keys.ts';
import type { Route } from './router/route.ts';

/** A key to a provider, or the lack of one. */
export interface Credential {
  /** Names the key in logs, metrics and limits; does not give it away. */
  readonly id: string;
  readonly apiKey: string | null;
}

export interface CredentialState {
  readonly id: string;
  /** Why it is out of use until an operator enables it, or `null`. */
  readonly disabledFor: string | null;
  /** The provider asked to wait so long, ms since the epoch; 0: it did not. */
  readonly limitedUntilMs: number;
}

/** The keys of every provider, and which of them may be used now. */
export interface Credentials {
  /** Brings in what other workers learned of the route's keys; `null`: there is nothing to wait for. */
  refresh(route: Route, nowMs: number): Promise<void> | null;
  /** Usable keys of a route, the one used last first: a provider's prompt cache belongs to a key. */
  usable(route: Route, nowMs: number): readonly Credential[];
  /** When the first key that only waits can be used again; `null`: none waits. */
  usableAtMs(route: Route): number | null;
  /** A later wait wins over an earlier one. Every worker knows it where something is shared. */
  limit(credential: Credential, untilMs: number, nowMs: number): void;
  /**
   * Out of use, in every worker where something is shared, until it is enabled. What a provider says to a
   * call that was sent before the key was enabled again says nothing about it.
   *
   * @param sentAtMs when that call was sent, by `CredentialsOptions.nowMs`.
   */
  disable(credential: Credential, failure: KeyFailure, sentAtMs: number): void;
  used(route: Route, credential: Credential): void;
  states(route: Route): readonly CredentialState[];
  /** For every worker where something is shared. @returns false where no key of this provider is disabled. */
  enable(provider: string): Promise<boolean>;
}

/** Why a provider takes a key no longer. */
export interface KeyFailure {
  readonly type: FailureType;
  readonly message: string;
}

/** Of what a provider says about a key. */
const MOST_CHARACTERS = 500;

interface Known {
  readonly credential: Credential;
  readonly provider: string;
  disabledFor: string | null;
  limitedUntilMs: number;
  /** When an operator did it here; by `CredentialsOptions.nowMs`. */
  enabledAtMs: number;
}

export interface CredentialsOptions {
  /** @default what is learned of keys is known to this process alone */
  readonly shared?: SharedKeys | null;
  /** A key is out of use: nothing mends that but a person. Once over all workers. @default nobody is told */
  readonly onDisabled?: (provider: string, credential: Credential, failure: KeyFailure) => void;
  /** Those before the configuration changed: what is known of a key that is still there is kept. */
  readonly before?: Credentials | null;
  /** A clock that never goes back, ms. @default performance.now */
  readonly nowMs?: () => number;
}

export function createCredentials(
  routes: readonly Route[],
  { shared = null, before = null, onDisabled, nowMs = monotonicMs }: CredentialsOptions = {},
): Credentials {
  const ofProvider = keysOf(routes);
  const rows = [...ofProvider.values()].flat();
  const known = new Map(rows.map((row) => [row.credential.id, row]));
  const last = new Map<string, string>();
  if (before !== null) adopt(known, routes, before);
  const limit = (id: string, untilMs: number): void => {
    const row = known.get(id);
    if (row !== undefined) row.limitedUntilMs = Math.max(row.limitedUntilMs, untilMs);
  };
  const rowsOf = (route: Route): readonly Known[] => ofProvider.get(route.provider) ?? [];
  return {
    refresh(route, nowMs) {
      if (shared === null) return null;
      const ids = rowsOf(route).map(({ credential }) => credential.id);
      return shared.read(ids).then((found) => {
        for (const [id, { waitMs, disabledFor }] of found ?? []) {
          if (waitMs > 0) limit(id, nowMs + waitMs);
          const row = known.get(id);
          if (row !== undefined) row.disabledFor = disabledFor;
        }
      });
    },
    usable(route, nowMs) {
      const latest = last.get(route.provider);
      return rowsOf(route)
        .filter((row) => row.disabledFor === null && row.limitedUntilMs <= nowMs)
        .map((row) => row.credential)
        .sort((a, b) => Number(b.id === latest) - Number(a.id === latest));
    },
    usableAtMs(route) {
      const waits = rowsOf(route)
        .filter((row) => row.disabledFor === null)
        .map((row) => row.limitedUntilMs);
      return waits.length === 0 ? null : Math.min(...waits);
    },
    limit({ id }, untilMs, nowMs) {
      limit(id, untilMs);
      shared?.wait(id, untilMs - nowMs);
    },
    disable({ id }, failure, sentAtMs) {
      const row = known.get(id);
      if (row === undefined || row.disabledFor !== null) return;
      if (sentAtMs <= row.enabledAtMs) return;
      const why = failure.message.slice(0, MOST_CHARACTERS);
      row.disabledFor = why;
      const told = shared?.disable(id, why, nowMs() - sentAtMs) ?? Promise.resolve('news');
      void told.then((heard) => {
        if (heard === 'news') onDisabled?.(row.provider, row.credential, failure);
        else if (heard === 'late' && row.disabledFor === why) row.disabledFor = null;
      });
    },
    used: (route, credential) => void last.set(route.provider, credential.id),
    states: (route) => rowsOf(route).map(stateOf),
    async enable(provider) {
      const rows = ofProvider.get(provider) ?? [];
      const here = rows.some((row) => row.disabledFor !== null);
      for (const row of rows) Object.assign(row, { disabledFor: null, enabledAtMs: nowMs() });
      const elsewhere = await shared?.enable(rows.map(({ credential }) => credential.id));
      return here || elsewhere === true;
    },
  };
}

function stateOf({ credential: { id }, disabledFor, limitedUntilMs }: Known): CredentialState {
  return { id, disabledFor, limitedUntilMs };
}

const monotonicMs = (): number => performance.now();

function keysOf(routes: readonly Route[]): ReadonlyMap<string, readonly Known[]> {
  const ofProvider = new Map<string, readonly Known[]>();
  for (const { provider, apiKeys } of routes) {
    if (ofProvider.has(provider)) continue;
    const keys = apiKeys.length === 0 ? [null] : apiKeys;
    const rows = keys.map((apiKey, at) => {
      const credential = { id: credentialId(provider, apiKey, at), apiKey };
      return { credential, provider, disabledFor: null, limitedUntilMs: 0, enabledAtMs: -Infinity };
    });
    ofProvider.set(provider, rows);
  }
  return ofProvider;
}

/** What was known of a key that is still there. */
function adopt(
  known: ReadonlyMap<string, Known>,
  routes: readonly Route[],
  before: Pick<Credentials, 'states'>,
): void {
  for (const { id, disabledFor, limitedUntilMs } of routes.flatMap(before.states)) {
    const row = known.get(id);
    if (row !== undefined) Object.assign(row, { disabledFor, limitedUntilMs });
  }
}

/** The same in every worker that has the same key. */
function credentialId(provider: string, apiKey: string | null, at: number): string {
  if (apiKey === null) return `${provider}#${at}`;
  return `${provider}#${hash('sha256', apiKey, 'hex').slice(0, 8)}`;
}
