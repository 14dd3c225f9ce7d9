import type { FitEvidence } from './fit-evidence.ts';

/**
 * Logistic regression over seven labelled sets of equal weight: requests with their tools in the
 * catalogue against the same requests with those tools' servers taken out. Made by
 * `npm run bench -- confidence`, which fits it anew, prints these numbers, and measures each set
 * with what the six others give.
 */
const WEIGHTS = {
  bias: -1.833,
  nearest: 1.104,
  lead: 0.918,
  covered: 1.228,
  coveredByBest: 1.148,
} as const;
/** Below this nothing fits: on those sets it refuses 5 % of the requests that have a tool. */
export const FIT_THRESHOLD = 0.292;

/** How sure it is that the catalogue has a tool for the request, 0 to 1. */
export function confidence(evidence: FitEvidence | null): number {
  if (evidence === null) return 0;
  const odds =
    WEIGHTS.bias +
    WEIGHTS.nearest * evidence.nearest +
    WEIGHTS.lead * evidence.lead +
    WEIGHTS.covered * evidence.covered +
    WEIGHTS.coveredByBest * evidence.coveredByBest;
  return 1 / (1 + Math.exp(-odds));
}
