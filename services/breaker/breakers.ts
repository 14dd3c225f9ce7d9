import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerPreset } from '../../common/breaker-policies.ts';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
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
  readonly preset: BreakerPreset;
  /** A reading tool's last result may stand in for so long, ms; `null`: never. */
  readonly staleMs: number | null;
}

export interface CallResult {
  /** `null`: the call says nothing about the dependency (bad input, denied, cancelled). */
  readonly outcome: BreakerOutcome | null;
  readonly latencyMs: number;
  readonly tokens?: number;
  /** The event by which the call failed together with others, which counts once. @default its own */
  readonly incident?: string | null;
}

/** The answer to "may this call go to the dependency?". An admitted call must report its end, once. */
export type Admission =
  | { readonly kind: 'admitted'; readonly probe: boolean; ended(result: CallResult): Promise<void> }
  /**
   * It goes by a declared alternate path, or waits until `retryAtMs` (`null`: not known, since an
   * operator decides, a probe is under way or the next draw may be a better one).
   */
  | { readonly kind: 'diverted'; readonly state: BreakerState; readonly retryAtMs: number | null };

export interface BreakerReport {
  readonly state: BreakerState;
  readonly phase: BreakerPhase;
  readonly reason: string;
  readonly trips: number;
  readonly heldBy: string | null;
  /** Calls that it sent another way, or would have in a dry run, until it was silent for ten minutes. */
  readonly diverted: number;
  readonly settings: BreakerSettings;
}

export interface Breakers {
  admit(target: BreakerTarget): Promise<Admission>;
  state(target: BreakerTarget): Promise<BreakerReport>;
  /** The dependency was started again and shook hands: an open breaker probes it with the next call. */
  revived(target: BreakerTarget): Promise<void>;
  /** Isolates the dependency until it is released. */
  hold(target: BreakerTarget, by: string, reason: string): Promise<void>;
  /** @returns false where nobody held it. */
  release(target: BreakerTarget, by: string): Promise<boolean>;
  /** How many of the breakers that this process has seen are in which phase, by their last picture. */
  phases(): readonly BreakerCount[];
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}

/** What a breaker said to one call. `would-divert`: in a dry run, and the call went all the same. */
export type BreakerDecision = 'admitted' | 'probe' | 'diverted' | 'would-divert';

export interface BreakerCount {
  readonly kind: BreakerTarget['kind'];
  readonly phase: BreakerPhase;
  readonly breakers: number;
}

const MAX_BREAKERS = 10_000;

interface Known {
  readonly kind: BreakerTarget['kind'];
  readonly breaker: Breaker;
  settings: BreakerSettings;
}

/** Breakers of every tenant and dependency that this process calls. */
export function createBreakers(deps: {
  readonly store: BreakerStore;
  /** Asked at every call: a change holds from the next one on. */
  readonly settings: (target: BreakerTarget) => BreakerSettings | Promise<BreakerSettings>;
  readonly log: Logger;
  /** For metrics. @default nobody */
  readonly onDecision?: (target: BreakerTarget, decision: BreakerDecision) => void;
  /** For the history and metrics: each change of a breaker once over all workers. @default nobody */
  readonly onTransition?: (target: BreakerTarget, transition: BreakerTransition) => void;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
  /** @default `Math.random` */
  readonly random?: () => number;
}): Breakers {
  const source = randomUUID();
  let made = 0;
  const known = new LRUCache<string, Known>({
    max: MAX_BREAKERS,
    dispose: ({ breaker }) => void breaker.flush(),
  });
  const get = async (target: BreakerTarget): Promise<Breaker> => {
    const key = `${target.tenantId}/${target.kind}/${target.name}`;
    const settings = await deps.settings(target);
    const found = known.get(key);
    if (found !== undefined && isSame(found.settings, settings)) {
      // Read anew, they are another object each second: the next call finds this one.
      found.settings = settings;
      return found.breaker;
    }
    made += 1;
    const breaker = createBreaker({
      key,
      // Batches and leases are numbered anew, so the next one has a name of its own.
      source: `${source}/${made}`,
      store: deps.store,
      settings,
      log: deps.log,
      onDecision: (decision) => deps.onDecision?.(target, decision),
      onTransition: (transition) => deps.onTransition?.(target, transition),
      nowMs: deps.nowMs ?? Date.now,
      random: deps.random ?? Math.random,
    });
    known.set(key, { kind: target.kind, breaker, settings });
    return breaker;
  };
  return {
    admit: async (target) => (await get(target)).admit(),
    state: async (target) => (await get(target)).describe(),
    revived: async (target) => (await get(target)).revived(),
    async hold(target, by, reason) {
      await (await get(target)).operate({ kind: 'hold', by, reason }, by);
    },
    release: async (target, by) => (await get(target)).operate({ kind: 'release' }, by),
    phases: () => countPhases([...known.values()]),
    async close() {
      await Promise.all([...known.values()].map(({ breaker }) => breaker.flush()));
    },
  };
}

function countPhases(all: readonly Known[]): readonly BreakerCount[] {
  const byPhase = Map.groupBy(all, ({ kind, breaker }) => `${kind} ${breaker.phase()}`);
  return [...byPhase].map(([key, same]) => {
    const [kind, phase] = key.split(' ') as [BreakerCount['kind'], BreakerPhase];
    return { kind, phase, breakers: same.length };
  });
}

/** Almost always the same object: it is compared at every call. */
function isSame(before: BreakerSettings, now: BreakerSettings): boolean {
  return before === now || isDeepStrictEqual(before, now);
}
