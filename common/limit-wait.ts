/** A limit that a call waits for; nothing of it was sent. */
export interface LimitWait {
  /** What the limit is of: a server, or all calls of the tenant. */
  readonly scope: 'server' | 'tenant';
  readonly name: string;
  readonly limit: 'maxInFlight' | 'perMinute';
  /** So many calls it allows. */
  readonly allowed: number;
}

/** As the failure of an attempt says it. */
export interface LimitedCall extends LimitWait {
  /** The step, or the item of its list. */
  readonly place: string;
  /** When the call was first to be made, ms since the epoch. */
  readonly sinceMs: number;
}
