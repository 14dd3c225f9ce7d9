// Runs in the workflow sandbox: what a cancelled turn leaves behind.
import { CancellationScope, patched, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control-activities.ts';
import type { PlanGoalInput } from '../common/agent.ts';

/**
 * Keeps what was said to the planner in a turn that was cancelled. The run ends as cancelled whether
 * that succeeds or not.
 */
export async function keepStopped(taskQueue: string, turn: PlanGoalInput): Promise<void> {
  if (!patched('keep-stopped-turn')) return;
  const activities = proxyActivities<Pick<ControlActivities, 'keepStopped'>>({
    taskQueue,
    startToCloseTimeout: '10 seconds',
    scheduleToCloseTimeout: '30 seconds',
    retry: { initialInterval: 500, backoffCoefficient: 2, maximumAttempts: 3 },
    summary: `turn ${turn.turn} was stopped`,
  });
  await CancellationScope.nonCancellable(() => activities.keepStopped(turn)).catch(() => undefined);
}
