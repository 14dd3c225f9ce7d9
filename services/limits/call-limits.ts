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

/** A call that may have to wait: it keeps its turn from one attempt to the next. */
export interface CallTicket {
  /** Key of the call. */
  readonly call: string;
  /** What it is made for: those of one run take turns with those of the others. */
  readonly run: string;
}

export type Admission =
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'denied';
      readonly scope: CallScope;
      readonly limit: keyof CallLimits;
      /** Until a call may begin; `null`: when another one ends. */
      readonly waitMs: number | null;
      /** Calls that wait and have their turn first. */
      readonly before: number;
    };

export const MINUTE_MS = 60_000;
/** A call whose worker died stops counting after this; workers that live renew theirs. */
export const LEASE_MS = 30_000;
/** A call that has not asked again for so long is gone. */
export const TICKET_MS = 10_000;
/**
 * So many more than there are places may take one. Nobody is woken when a place gets free: with a
 * single call next it would stay empty until that one asks again.
 */
export const WINDOW = 8;
