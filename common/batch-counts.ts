import type { BatchCounts } from './batch.ts';

export const NO_COUNTS: BatchCounts = { done: 0, failed: 0, cancelled: 0 };

export function addCounts(one: BatchCounts, other: BatchCounts): BatchCounts {
  return {
    done: one.done + other.done,
    failed: one.failed + other.failed,
    cancelled: one.cancelled + other.cancelled,
  };
}
