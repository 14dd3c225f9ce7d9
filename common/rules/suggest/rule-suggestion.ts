import type { CompositionRule } from '../composition-rule.ts';

/** A rule that what was seen speaks for. It binds nobody until an operator accepts it. */
export interface RuleSuggestion {
  /** The same for the same rule, whatever speaks for it by now. */
  readonly id: string;
  /** Its reason says why it is suggested, with the counts. */
  readonly rule: CompositionRule;
  readonly evidence: SuggestionEvidence;
  /** 0 to 1; how it is made is said with each kind of evidence. */
  readonly confidence: number;
}

export type SuggestionEvidence =
  /**
   * Calls of past runs. Confidence is the share of runs that the rule holds in, at its lower bound
   * (`lowerBound`): few runs give little of it.
   */
  | {
      readonly kind: 'runs';
      /** Runs in which it could have been so. */
      readonly runs: number;
      /** Those in which it was. */
      readonly held: number;
      /** Some of the latter. */
      readonly examples: readonly string[];
    }
  /** What tools say of themselves. Confidence is a rank, 0.4 or 0.5: below what several runs did. */
  | { readonly kind: 'schemas'; readonly detail: string }
  /** Tools that say they do the same. Confidence is that likeness, less for arguments left over. */
  | { readonly kind: 'likeness'; readonly cosine: number };

/** Normal quantile of 95 %, one-sided. */
const Z = 1.645;

/**
 * What a share is at least, of which `held` of `all` were seen: 95 % sure (Wilson's score interval,
 * 1927). 3 of 3 are 0.53, 10 of 10 are 0.79.
 */
export function lowerBound(held: number, all: number): number {
  if (all === 0) return 0;
  const share = held / all;
  const spread = Z * Math.sqrt((share * (1 - share)) / all + Z ** 2 / (4 * all ** 2));
  return (share + Z ** 2 / (2 * all) - spread) / (1 + Z ** 2 / all);
}

/** Best first; equal ones by id, so that an order never changes by itself. */
export function bySuggestionOrder(a: RuleSuggestion, b: RuleSuggestion): number {
  return b.confidence - a.confidence || (a.id < b.id ? -1 : 1);
}
