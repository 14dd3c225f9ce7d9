import type { BreakerEvent, BreakerRecord } from '../../common/breaker-event.ts';
import type { BreakerPolicy } from '../../common/breaker.ts';

export interface BreakerSnapshot {
  readonly record: BreakerRecord;
  /** The store's clock when it was read. */
  readonly nowMs: number;
  /** Whether the event did what it asked for. */
  readonly done: boolean;
  /** Whether all workers have this record, or this process alone. */
  readonly isShared: boolean;
}

/** Where breakers are kept. Every operation is atomic on one breaker. */
export interface BreakerStore {
  read(key: string, policy: BreakerPolicy): Promise<BreakerSnapshot>;
  apply(key: string, policy: BreakerPolicy, event: BreakerEvent): Promise<BreakerSnapshot>;
}
