// Runs in the workflow sandbox.
import { patched, workflowInfo } from '@temporalio/workflow';

/**
 * Whether the run is to go on as another: its history is long, or its workers have a newer version, to
 * which it then moves. Looked at between steps, since one
 * turn may be longer than a history may be.
 *
 * @param leaveAfterEvents for tests. @default as the server suggests
 */
export function shouldLeave(leaveAfterEvents: number | undefined): boolean {
  const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } =
    workflowInfo();
  const isLong = continueAsNewSuggested || historyLength >= (leaveAfterEvents ?? Infinity);
  // Runs that are older than this did not leave here: they must not when they are replayed.
  return (isLong || targetWorkerDeploymentVersionChanged) && patched('continue-as-new');
}
