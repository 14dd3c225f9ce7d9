import type { BreakerState, BreakerVerdict } from './breaker.ts';

/** The state as people speak of it: a probe under way and an operator's hold have names of their own. */
export const BREAKER_PHASES = [
  'closed',
  'deconstructed',
  'open',
  'probing',
  'recovering',
  'isolated',
] as const;

export type BreakerPhase = (typeof BREAKER_PHASES)[number];

export function breakerPhase(
  state: BreakerState,
  { heldBy }: Pick<BreakerVerdict, 'heldBy'>,
): BreakerPhase {
  if (heldBy !== null) return 'isolated';
  return state.kind === 'open' && state.probing ? 'probing' : state.kind;
}
