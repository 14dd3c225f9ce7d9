import type { FailureType } from './failures.ts';

/** One route that the gateway turned to, or passed over, for a call. */
export interface LlmAttempt {
  /** `provider/model`. */
  readonly route: string;
  /** `ok`, why the provider did not serve it, or `skipped`: it was not asked. */
  readonly outcome: 'ok' | 'skipped' | FailureType;
  /** In words: why it was chosen, skipped or given up. */
  readonly why: string;
  readonly durationMs: number;
}

/** How a call found its model: recorded with the run, so that every switch is explained. */
export interface LlmRouting {
  /** `cheap`, `fast`, `best`, `balanced` or `configured`. */
  readonly preset: string;
  /** In order; the last one served the call, where one did. */
  readonly attempts: readonly LlmAttempt[];
  /** Routes that could not have served it, and why. */
  readonly excluded: readonly { readonly route: string; readonly why: string }[];
  /**
   * How the answer came, where the first choice did not give it, in words: another key or region, an
   * equivalent model, a lesser one with what it cannot do, a stale answer. Absent: the first choice.
   */
  readonly degraded?: readonly string[];
}
