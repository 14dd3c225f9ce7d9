import { activityInfo } from '@temporalio/activity';
import { placeOfKey } from '../common/call-key.ts';
import type { CallToolInput, ToolResult } from '../common/tool.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import type { ToolCaller } from '../services/tools/tool-caller.ts';
import { liveWriterOf } from './live-writer-of.ts';
import { runActivity } from './run-activity.ts';

export function createCallTool(deps: {
  readonly tools: ToolCaller;
  /** Gets when calls begin and end, and what servers tell meanwhile. @default nobody */
  readonly live?: Pick<LiveStreams, 'publish'>;
}) {
  return function callTool(input: CallToolInput): Promise<ToolResult> {
    const step = placeOfKey(input.idempotencyKey);
    return runActivity(async (signal) => {
      const { attempt } = activityInfo();
      const writer = liveWriterOf(deps.live, input.tenant.tenantId, `step:${step}`);
      if (writer === null) return deps.tools.call(input, { signal, attempt });
      const onProgress = writer.callProgress;
      writer.callStarted(input.tool);
      try {
        const result = await deps.tools.call(input, { signal, attempt, onProgress });
        writer.callEnded(result.isError ? 'error' : 'ok');
        return result;
      } catch (error) {
        writer.callEnded('failed');
        throw error;
      }
    }, step);
  };
}
