import { activityInfo } from '@temporalio/activity';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import type { LiveWriter } from '../services/streams/live-writer.ts';
import { createLiveWriter } from '../services/streams/live-writer.ts';

/**
 * What this attempt of this activity says to whoever watches its run.
 *
 * @param live `undefined`: nobody listens.
 * @param source who speaks, unique in the run.
 * @returns `null` where the activity is not one of a run.
 */
export function liveWriterOf(
  live: Pick<LiveStreams, 'publish'> | undefined,
  tenantId: string,
  source: string,
): LiveWriter | null {
  const { workflowExecution, attempt } = activityInfo();
  const prefix = `t:${tenantId}:run:`;
  if (live === undefined || workflowExecution?.workflowId.startsWith(prefix) !== true) return null;
  const channel = { tenantId, runId: workflowExecution.workflowId.slice(prefix.length) };
  return createLiveWriter((event) => live.publish(channel, event), { source, attempt });
}
