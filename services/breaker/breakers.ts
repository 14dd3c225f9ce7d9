import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BreakerOutcome, BreakerPolicy, BreakerState } from '../../common/breaker.ts';
import type { TenantId } from '../../common/tenant.ts';
import { createBreaker } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import type { BreakerStore } from './breaker-store.ts';

/** What one breaker guards. */
export interface BreakerTarget {
  readonly tenantId: TenantId;
  readonly kind: 'provider' | 'mcp' | 'tool';
  readonly name: string;
}

export interface BreakerSettings {
  readonly policy: BreakerPolicy;
  /** `dry-run`: watches and reports, and lets every call through. */
  readonly mode: 'enforce' | 'dry-run';
}

export interface CallResult {
  /** `null`: the call says nothing about the dependency (bad input, denied, cancelled). */
  readonly outcome: BreakerOutcome | null;
  readonly latencyMs: number;
  readonly tokens?: number;
}

/** The answer to "may this call go to the dependency?". An admitted call must report its end, once. */
export type Admission =
  | { readonly kind: 'admitted'; readonly probe: boolean; ended(result: CallResult): Promise<void> }
  /** It goes by a declared alternate path, or waits until `retryAtMs` (`null`: an operator decides). */
  | { readonly kind: 'diverted'; readonly state: BreakerState; readonly retryAtMs: number | null };

export interface Breakers {
  admit(target: BreakerTarget): Promise<Admission>;
  state(target: BreakerTarget): Promise<{
    readonly state: BreakerState;
    readonly reason: string;
    readonly trips: number;
    readonly heldBy: string | null;
  }>;
  /** Isolates the dependency until it is released. */
  hold(target: BreakerTarget, by: string, reason: string): Promise<void>;
  /** @returns false where nobody held it. */
  release(target: BreakerTarget): Promise<boolean>;
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}

const MAX_BREAKERS = 10_000;

/** Breakers of every tenant and dependency that this process calls. */
export function createBreakers(deps: {
  readonly store: BreakerStore;
  readonly settings: (target: BreakerTarget) => BreakerSettings;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
  /** @default `Math.random` */
  readonly random?: () => number;
}): Breakers {
  const source = randomUUID();
  const known = new LRUCache<string, Breaker>({
    max: MAX_BREAKERS,
    dispose: (breaker) => void breaker.flush(),
  });
  const get = (target: BreakerTarget): Breaker => {
    const key = `${target.tenantId}/${target.kind}/${target.name}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const breaker = createBreaker({
      key,
      source,
      store: deps.store,
      settings: deps.settings(target),
      log: deps.log,
      nowMs: deps.nowMs ?? Date.now,
      random: deps.random ?? Math.random,
    });
    known.set(key, breaker);
    return breaker;
  };
  return {
    admit: (target) => get(target).admit(),
    state: (target) => get(target).describe(),
    async hold(target, by, reason) {
      await get(target).operate({ kind: 'hold', by, reason });
    },
    release: (target) => get(target).operate({ kind: 'release' }),
    async close() {
      await Promise.all([...known.values()].map((breaker) => breaker.flush()));
    },
  };
}
