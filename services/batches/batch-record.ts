import type {
  BatchCounts,
  BatchMode,
  BatchOutcome,
  BatchSettings,
  BatchSource,
  BatchWork,
} from '../../common/batch.ts';
import type { JsonObject } from '../../common/json.ts';
import type { Plan } from '../../common/plan.ts';

/** A batch as it is stored. Times are ms since the epoch. */
export interface BatchRecord {
  readonly batchId: string;
  readonly work: BatchWork;
  readonly source: BatchSource;
  readonly settings: BatchSettings;
  /** `collecting`: its items are not all there yet. */
  readonly state: 'collecting' | 'running' | BatchOutcome;
  /** `null` until its template was checked. */
  readonly mode: BatchMode | null;
  readonly plan: Plan | null;
  readonly total: number | null;
  readonly round: number;
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

export type NewBatch = Pick<BatchRecord, 'batchId' | 'work' | 'source' | 'settings'>;

export type ItemState = 'waiting' | 'done' | 'failed' | 'cancelled';

export interface BatchItem {
  readonly index: number;
  readonly line: number;
  /** The line's JSON as it was given. */
  readonly item: string;
  readonly state: ItemState;
  readonly problemType: string | null;
  readonly problem: string | null;
  readonly result: JsonObject | null;
  readonly epochs: Readonly<Record<string, number>>;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/** How an item ended. `fence`: see `fenceOf`. */
export type ItemEnd = Pick<
  BatchItem,
  'index' | 'problemType' | 'problem' | 'result' | 'epochs' | 'startedAtMs' | 'endedAtMs'
> & { readonly state: 'done' | 'failed' | 'cancelled'; readonly fence: number };

export type ItemCounts = BatchCounts & { readonly waiting: number };

/** The type of an item that is no item: it stays failed whatever is resumed. */
export const BAD_ITEM = 'BadItem';

const ATTEMPTS_A_ROUND = 1_000_000;

/** Orders all attempts at a batch's items, over retries and resumes. */
export function fenceOf(round: number, attempt: number): number {
  return round * ATTEMPTS_A_ROUND + Math.min(attempt, ATTEMPTS_A_ROUND - 1);
}
