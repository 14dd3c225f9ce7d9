import type { ActivityOptions } from '@temporalio/workflow';
import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { BatchActivities } from '../activities/run-batch.ts';
import type { TaskQueues } from '../common/agent.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';

/** Reads and writes of the database: an outage is waited for. */
const BOOKKEEPING = {
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '7 days',
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  // A batch is closed once nothing writes to it any more.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 30_000 },
} as const;

/** Work of unknown length: what ended is recorded on the way, and beats tell that it goes on. */
const LONG = {
  ...BOOKKEEPING,
  startToCloseTimeout: '7 days',
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 60_000 },
} as const;

export function batchActivities(
  queues: TaskQueues,
  kind: 'bookkeeping' | 'long' = 'bookkeeping',
): BatchActivities {
  const options: ActivityOptions = kind === 'long' ? LONG : BOOKKEEPING;
  return proxyActivities<BatchActivities>({ ...options, taskQueue: queues.tool });
}

/** A look into the database costs no trip through the server where this worker serves the tools too. */
export function nearBatchActivities(queues: TaskQueues): BatchActivities {
  if (queues.agent !== queues.tool) return batchActivities(queues);
  return proxyLocalActivities<BatchActivities>({
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '7 days',
  });
}
