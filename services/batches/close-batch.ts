import type { BatchOutcome, BatchResult, CloseBatchInput } from '../../common/batch.ts';
import type { ItemCounts } from './batch-record.ts';
import type { BatchStore } from './batch-store.ts';

/** Ends a batch: what still waits is cancelled (or failed, where it never began), and the report is made. */
export async function closeBatch(
  store: BatchStore,
  { tenant, batchId, startedAtMs, cancelReason, problem }: CloseBatchInput,
): Promise<BatchResult> {
  const { tenantId } = tenant;
  if (cancelReason !== null) {
    const text = `The batch was cancelled: ${cancelReason}`;
    await store.endWaiting(tenantId, batchId, {
      state: 'cancelled',
      problemType: null,
      problem: text,
    });
  } else {
    const text = problem ?? 'It was not run.';
    await store.endWaiting(tenantId, batchId, {
      state: 'failed',
      problemType: 'failed',
      problem: text,
    });
  }
  const counts = await store.counts(tenantId, batchId);
  const outcome = outcomeOf(counts, cancelReason, problem);
  const total = counts.done + counts.failed + counts.cancelled;
  const reason = cancelReason ?? problem ?? reasonOf(counts, total);
  const endedAtMs = Date.now();
  await store.set(tenantId, batchId, { state: outcome, reason, endedAtMs });
  return {
    outcome,
    reason,
    total,
    done: counts.done,
    failed: counts.failed,
    cancelled: counts.cancelled,
    problems: await store.problems(tenantId, batchId),
    wallMs: endedAtMs - startedAtMs,
  };
}

function outcomeOf(
  counts: ItemCounts,
  cancelReason: string | null,
  problem: string | null,
): BatchOutcome {
  if (cancelReason !== null) return 'cancelled';
  if (problem !== null) return 'failed';
  if (counts.failed + counts.cancelled === 0) return 'completed';
  return counts.done === 0 ? 'failed' : 'partial';
}

function reasonOf(counts: ItemCounts, total: number): string | null {
  return counts.failed === 0 ? null : `${counts.failed} of ${total} items failed.`;
}
