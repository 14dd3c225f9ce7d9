import { inWindow, probesNeeded } from './breaker.ts';
import type { BreakerParts, BreakerPolicy } from './breaker.ts';
import type { BreakerPhase } from './breaker-phase.ts';

/** A breaker went from one phase to another: a line of its history. */
export interface BreakerTransition {
  /** By the clock of the store: of Redis, where there is one. */
  readonly atMs: number;
  readonly from: BreakerPhase;
  readonly to: BreakerPhase;
  /** What was seen, or the operator's reason. */
  readonly reason: string;
  /** The operator who did it; `null`: the law did. */
  readonly by: string | null;
  /** It decided and counted, and let every call through. */
  readonly isDryRun: boolean;
  /** The process that judged alone, without Redis; `null`: all workers together did. */
  readonly process: string | null;
}

/** What the parts say of a change that the law made, in words. */
export function transitionReason(
  policy: BreakerPolicy,
  parts: BreakerParts,
  { from, to }: Pick<BreakerTransition, 'from' | 'to'>,
  nowMs: number,
): string {
  const { verdict, lease } = parts;
  const needed = probesNeeded(policy, verdict.trips);
  switch (to) {
    case 'open':
      if (from !== 'probing') return verdict.reason;
      if (lease.owner !== null) return `a probe said nothing for ${policy.probeTtlMs} ms`;
      if (lease.passed > 0) return `${lease.passed} of ${needed} probes passed`;
      return 'a probe failed';
    case 'probing':
      return `the wait is over: one call goes as a probe, ${needed} must pass`;
    case 'recovering':
      return `${needed} of ${needed} probes passed`;
    case 'deconstructed':
      return calls(policy, parts, nowMs);
    case 'closed':
      return from === 'deconstructed' ? calls(policy, parts, nowMs) : 'all traffic is back';
    case 'isolated':
      return verdict.reason;
  }
}

/** The newest calls decide as well, as far back as the memory reaches. */
function calls({ memory }: BreakerPolicy, { evidence }: BreakerParts, nowMs: number): string {
  const sum = { all: 0, bad: 0 };
  for (const { ok, failed, slow } of inWindow(evidence, memory.windowMs, nowMs).buckets) {
    sum.all += ok + failed + slow;
    sum.bad += failed;
  }
  return `${sum.bad} of ${sum.all} calls of the last ${memory.windowMs / 1000} s failed`;
}

/** Probes come every few seconds while a dependency is away: they must not push out what matters. */
export function isProbing({ from, to }: Pick<BreakerTransition, 'from' | 'to'>): boolean {
  return (from === 'open' && to === 'probing') || (from === 'probing' && to === 'open');
}
