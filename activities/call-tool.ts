import { activityInfo } from '@temporalio/activity';
import { placeOfKey } from '../common/call-key.ts';
import type { CallToolInput, CallToolOutcome } from '../common/tool.ts';
import type { LiveStreams } from '../services/streams/live-streams.ts';
import { ToolAsked } from '../services/tools/tool-asked.ts';
import type { ToolCaller } from '../services/tools/tool-caller.ts';
import { askRun } from './ask-run.ts';
import { liveWriterOf } from './live-writer-of.ts';
import { runActivity } from './run-activity.ts';

export function createCallTool(deps: {
  readonly tools: ToolCaller;
  /** Gets when calls begin and end, and what servers tell meanwhile. @default nobody */
  readonly live?: Pick<LiveStreams, 'publish'>;
}) {
  return function callTool(input: CallToolInput): Promise<CallToolOutcome> {
    const step = placeOfKey(input.idempotencyKey);
    return runActivity(async (signal) => {
      const { attempt } = activityInfo();
      const ask =
        input.mayAsk === true ? askRun(input.idempotencyKey, input.maxTotalTimeoutMs) : null;
      const context = { signal, attempt, ...(ask === null ? {} : { ask }) };
      const writer = liveWriterOf(deps.live, input.tenant.tenantId, `step:${step}`);
      if (writer === null) return orQuestions(deps.tools.call(input, context));
      const onProgress = writer.callProgress;
      writer.callStarted(input.tool);
      try {
        const outcome = await orQuestions(deps.tools.call(input, { ...context, onProgress }));
        writer.callEnded('isError' in outcome && outcome.isError ? 'error' : 'ok');
        return outcome;
      } catch (error) {
        writer.callEnded('failed');
        throw error;
      }
    }, step);
  };
}

async function orQuestions(call: ReturnType<ToolCaller['call']>): Promise<CallToolOutcome> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ToolAsked) return { asks: error.asks };
    throw error;
  }
}
