/** How often something may be called, over all workers. What is left out is not limited. */
export interface CallLimits {
  /** Calls at once. */
  readonly maxInFlight?: number;
  /** Calls that begin within any minute. */
  readonly perMinute?: number;
}

/** What calls are counted by: a server of a tenant, or all calls of the tenant. */
export interface CallScope {
  readonly kind: 'server' | 'tenant';
  readonly name: string;
  readonly limits: CallLimits;
}

export type Admission =
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'denied';
      readonly scope: CallScope;
      readonly limit: keyof CallLimits;
      /** Until a call may begin; `null`: when another one ends. */
      readonly waitMs: number | null;
    };

export const MINUTE_MS = 60_000;
/** A call whose worker died stops counting after this; workers that live renew theirs. */
export const LEASE_MS = 30_000;
