import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { BreakerEvent } from '../../common/breaker-event.ts';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerTransition } from '../../common/breaker-transition.ts';
import type { BreakerOutcome, BreakerPolicy, BreakerState } from '../../common/breaker.ts';
import type { BreakerStore } from './breaker-store.ts';
import { createBreakerView } from './breaker-view.ts';
import type { BreakerView } from './breaker-view.ts';
import type {
  Admission,
  BreakerDecision,
  BreakerReport,
  BreakerSettings,
  CallResult,
} from './breakers.ts';
import { createDivertedCounter } from './diverted-counter.ts';
import { createResultBuffer } from './result-buffer.ts';

export interface Breaker {
  admit(): Promise<Admission>;
  describe(): Promise<BreakerReport>;
  revived(): Promise<void>;
  operate(event: Extract<BreakerEvent, { kind: 'hold' | 'release' }>, by: string): Promise<boolean>;
  /** As it was seen last. */
  phase(): BreakerPhase;
  flush(): Promise<void>;
}

/** Calls that failed together report together: few events are ever asked about again. */
const MAX_INCIDENTS = 100;

/** One breaker in one process: decides by its view of the shared parts, and reports to them. */
export function createBreaker(deps: {
  readonly key: string;
  /** This process, in the batches it sends. */
  readonly source: string;
  readonly store: BreakerStore;
  readonly settings: BreakerSettings;
  readonly log: Logger;
  readonly onDecision: (decision: BreakerDecision) => void;
  readonly onTransition: (transition: BreakerTransition) => void;
  readonly nowMs: () => number;
  readonly random: () => number;
}): Breaker {
  const { source, nowMs, random, onDecision } = deps;
  const { policy, mode } = deps.settings;
  const view = createBreakerView(deps);
  const buffer = createResultBuffer({
    nowMs,
    async send(epoch, batch, buckets) {
      await view.apply({ kind: 'record', source, batch, epoch, buckets, jitter: random() });
    },
    onError: (error) => deps.log.warn({ breaker: deps.key, err: error }, 'results were lost'),
  });
  const outcomeOf = createRating(policy);
  const diverting = createDivertedCounter((calls) => view.apply({ kind: 'diverted', calls }));
  function admitted(): Admission {
    const { epoch } = view.verdict();
    return {
      kind: 'admitted',
      probe: false,
      async ended(result) {
        const outcome = outcomeOf(result);
        if (outcome === null) return;
        const second = Math.floor(view.storeMs() / 1000);
        const { latencyMs, tokens = 0 } = result;
        await buffer.add({ epoch, second, outcome, latencyMs, tokens });
      },
    };
  }

  const probe = createProbe({ policy, source, view, random, outcomeOf });

  async function decide(): Promise<Admission> {
    const state = view.state();
    if (state.kind === 'closed') return admitted();
    if (state.kind === 'open') return state.mayProbe ? probe(state) : diverted(state);
    return random() < state.admit ? admitted() : diverted(state);
  }

  return {
    async admit() {
      await view.refresh();
      const decision = await decide();
      if (decision.kind === 'admitted') {
        onDecision(decision.probe ? 'probe' : 'admitted');
        return decision;
      }
      diverting.add();
      onDecision(mode === 'dry-run' ? 'would-divert' : 'diverted');
      return mode === 'dry-run' ? admitted() : decision;
    },
    async describe() {
      await diverting.flush();
      await view.refresh();
      return reportOf(view, deps.settings);
    },
    revived: () => revive(view),
    operate: (event, by) => view.operate(event, by),
    phase: () => view.phase(),
    async flush() {
      await Promise.all([buffer.flush(), diverting.flush()]);
      await view.settled();
    },
  };
}

function reportOf(view: BreakerView, settings: BreakerSettings): BreakerReport {
  const { reason, trips, heldBy } = view.verdict();
  const seen = { state: view.state(), phase: view.phase(), diverted: view.diverted() };
  return { ...seen, reason, trips, heldBy, settings };
}

async function revive(view: BreakerView): Promise<void> {
  await view.refresh();
  const state = view.state();
  if (state.kind === 'open' && !state.mayProbe) await view.apply({ kind: 'revived' });
}

/** What a result says of the dependency; one that only repeats an event says nothing. */
function createRating(policy: BreakerPolicy): (result: CallResult) => BreakerOutcome | null {
  const counted = new LRUCache<string, true>({ max: MAX_INCIDENTS });
  return ({ outcome, latencyMs, incident = null }) => {
    if (outcome === 'failed' && incident !== null) {
      if (counted.has(incident)) return null;
      counted.set(incident, true);
    }
    if (outcome !== 'ok' || policy.slowMs === null) return outcome;
    return latencyMs > policy.slowMs ? 'slow' : outcome;
  };
}

/** Asks for the lease, holds it while the probe runs, and says how that ended. */
function createProbe(deps: {
  readonly policy: BreakerPolicy;
  readonly source: string;
  readonly view: BreakerView;
  readonly random: () => number;
  readonly outcomeOf: (result: CallResult) => BreakerOutcome | null;
}): (state: BreakerState) => Promise<Admission> {
  const { policy, view } = deps;
  let leases = 0;
  return async (state) => {
    leases += 1;
    const owner = `${deps.source}/${leases}`;
    if (!(await view.apply({ kind: 'lease', owner }))) return diverted(state);
    // A renewal that is lost costs the lease, and another worker probes: no harm.
    const renew = () => void view.apply({ kind: 'renew', owner }).catch(() => undefined);
    const renewal = setInterval(renew, policy.probeTtlMs / 3).unref();
    return {
      kind: 'admitted',
      probe: true,
      async ended(result) {
        clearInterval(renewal);
        const said = verdictOf(deps.outcomeOf(result));
        await view.apply({ kind: 'probed', owner, result: said, jitter: deps.random() });
      },
    };
  };
}

/** A probe that was refused for its rate, or says nothing, leaves the question open. */
function verdictOf(outcome: BreakerOutcome | null): 'passed' | 'failed' | 'void' {
  if (outcome === null || outcome === 'rate-limited') return 'void';
  return outcome === 'ok' ? 'passed' : 'failed';
}

function diverted(state: BreakerState): Admission {
  const retryAtMs = state.kind === 'open' && !state.probing ? state.retryAtMs : null;
  return { kind: 'diverted', state, retryAtMs };
}
