// Runs in the workflow sandbox.
import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control-activities.ts';
import type { TaskQueues } from '../common/agent.ts';
import type { CheckArgumentsInput } from '../common/tool.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';

/** @throws when the tool would not take them, saying what is wrong. */
export async function checkArguments(
  queues: TaskQueues,
  input: CheckArgumentsInput,
): Promise<void> {
  const { checkArguments: activity } = proxyActivities<ControlActivities>({
    taskQueue: queues.tool,
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '1 minute',
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    retry: { initialInterval: 500, backoffCoefficient: 2 },
  });
  await activity(input);
}
