/** A call that was let through: says how it ended. */
export type Ended = (failed: boolean, latencyMs: number) => Promise<void>;

/** A breaker policy in front of one dependency, in so many workers. */
export interface Contender {
  readonly name: string;
  /** `null`: the call goes by the alternate path. */
  admit(worker: number): Promise<Ended | null>;
  /** Whether every worker lets everything through again. */
  closed(): Promise<boolean>;
  close(): Promise<void>;
}

export interface Clock {
  nowMs(): number;
  random(): number;
}

export type ContenderFactory = (workers: number, clock: Clock) => Promise<Contender>;
