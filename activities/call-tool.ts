import { activityInfo } from '@temporalio/activity';
import type { CallToolInput, ToolResult } from '../common/tool.ts';
import type { ToolCaller } from '../services/tools/tool-caller.ts';
import { runActivity } from './run-activity.ts';

export function createCallTool(deps: { readonly tools: ToolCaller }) {
  return function callTool(input: CallToolInput): Promise<ToolResult> {
    return runActivity((signal) =>
      deps.tools.call(input, { signal, attempt: activityInfo().attempt }),
    );
  };
}
