// Runs in the workflow sandbox.
import { patched, workflowInfo } from '@temporalio/workflow';

/** A run with child runs stays to this length: half the room that Temporal gives is for their questions. */
const WITH_CHILDREN = { events: 16_000, bytes: 16 * 1024 ** 2, timesAsked: 4 };

/**
 * Whether the run is to go on as another: its history is long, or its workers have a newer version, to
 * which it then moves. Looked at between steps, since one turn may be longer than a history may be.
 *
 * A run that continues as new loses its child runs: Temporal cancels them, or, where they are
 * abandoned, tells nobody how they ended. So one that leaves waits for them first, with nothing new
 * begun, and as long as there is room goes on working beside them instead.
 *
 * @param leaveAfterEvents for tests. @default as the server suggests
 */
export function shouldLeave(leaveAfterEvents: number | undefined, hasChildren: boolean): boolean {
  const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } =
    workflowInfo();
  const isLong = continueAsNewSuggested || historyLength >= (leaveAfterEvents ?? Infinity);
  // Runs that are older than this did not leave here: they must not when they are replayed.
  const wouldLeave = (isLong || targetWorkerDeploymentVersionChanged) && patched('continue-as-new');
  if (!wouldLeave || !hasChildren || isVeryLong(leaveAfterEvents)) return wouldLeave;
  return !patched('stay-with-children');
}

function isVeryLong(leaveAfterEvents: number | undefined): boolean {
  const { historyLength, historySize } = workflowInfo();
  const { events, bytes, timesAsked } = WITH_CHILDREN;
  const most = leaveAfterEvents === undefined ? events : timesAsked * leaveAfterEvents;
  return historyLength >= most || historySize >= bytes;
}
