import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { RunProgress } from '../common/agent.ts';
import type { LimitedCall } from '../common/limit-wait.ts';
import { limitedCalls, withLimitWaits } from './waits-for-limits.ts';

/** A call that waits for a limit is tried again after about as long. */
const ASK_EVERY_MS = 1_000;

/**
 * For who follows a run: which of its steps wait for a limit. Temporal is asked only where steps take
 * long enough that they might, and about once a second.
 */
export function createLimitWatch(describe: () => Promise<WorkflowExecutionDescription>) {
  let calls: readonly LimitedCall[] = [];
  let askAtMs: number | null = null;
  let told = '[]';
  return {
    /** @returns the progress with what is known, and whether that is news. */
    async add(
      progress: RunProgress,
    ): Promise<{ readonly progress: RunProgress; readonly isNews: boolean }> {
      const nowMs = performance.now();
      if (!progress.steps.some(({ state }) => state === 'running')) {
        calls = [];
        askAtMs = null;
      } else if (askAtMs === null) {
        askAtMs = nowMs + ASK_EVERY_MS;
      } else if (nowMs >= askAtMs) {
        askAtMs = nowMs + ASK_EVERY_MS;
        // Whoever cannot say it now is asked again.
        calls = await describe().then(limitedCalls, () => calls);
      }
      const shown = withLimitWaits(progress, calls);
      const waits = shown.steps.filter(({ waitsFor }) => waitsFor !== undefined);
      const now = JSON.stringify(waits.map(({ id, waitsFor }) => [id, waitsFor]));
      const isNews = now !== told;
      told = now;
      return { progress: shown, isNews };
    },
  };
}
