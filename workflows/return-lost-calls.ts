// Runs in the workflow sandbox: tool calls of a child run that was killed.
import { ChildWorkflowFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { CancellationScope, patched, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control-activities.ts';
import type { PlanRun } from './execute-plan.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';

/**
 * A run that was killed gives nothing back, so its history is asked what it has begun; the rest goes
 * back to the budget. Where that cannot be told, all it held stays counted.
 *
 * @param error how the child ended
 */
export async function returnLostCalls(
  error: unknown,
  { budget, queues }: Pick<PlanRun, 'budget' | 'queues'>,
): Promise<void> {
  if (!(error instanceof ChildWorkflowFailure) || !isKilled(error.cause)) return;
  const { workflowId, runId } = error.execution;
  if (!workflowId || !runId || CancellationScope.current().consideredCancelled) return;
  if (budget.heldBy(workflowId) === 0 || !patched('lost-calls')) return;
  const { countBegunCalls } = proxyActivities<Pick<ControlActivities, 'countBegunCalls'>>({
    taskQueue: queues.tool,
    startToCloseTimeout: '20 seconds',
    scheduleToCloseTimeout: '1 minute',
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    summary: `what ${workflowId} has called`,
  });
  await budget.lost(
    workflowId,
    countBegunCalls({ workflowId, runId }).catch(() => null),
  );
}

function isKilled(cause: unknown): boolean {
  return cause instanceof TerminatedFailure || cause instanceof TimeoutFailure;
}
