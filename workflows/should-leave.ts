// Runs in the workflow sandbox.
import { patched, workflowInfo } from '@temporalio/workflow';

/**
 * Whether the history is long enough to go on as another run. Looked at between steps, since one
 * turn may be longer than a history may be.
 *
 * @param leaveAfterEvents for tests. @default as the server suggests
 */
export function shouldLeave(leaveAfterEvents: number | undefined): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  const isLong = historyLength >= (leaveAfterEvents ?? Infinity);
  // Runs that are older than this did not leave here: they must not when they are replayed.
  return (continueAsNewSuggested || isLong) && patched('continue-as-new');
}
