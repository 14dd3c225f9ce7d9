// Runs in the workflow sandbox.
import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control-activities.ts';
import type { ToolResult } from '../common/tool.ts';
import type { PlanRun } from './execute-plan.ts';
import { HEARTBEAT_TIMEOUT_MS } from './heartbeat-timeout.ts';

/** The result, by reference where it has more than so many characters as JSON. */
export function keepLarge(
  { tenant, queues }: Pick<PlanRun, 'tenant' | 'queues'>,
  result: ToolResult,
  maxChars: number,
): Promise<ToolResult> {
  if (result.artifact !== null || JSON.stringify(result).length <= maxChars) {
    return Promise.resolve(result);
  }
  const { keepResult } = proxyActivities<Pick<ControlActivities, 'keepResult'>>({
    taskQueue: queues.tool,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '1 hour',
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  });
  return keepResult({ tenant, result });
}
