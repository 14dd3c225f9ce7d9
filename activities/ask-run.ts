import { Context } from '@temporalio/activity';
import { TOOL_ASKS } from '../common/names.ts';
import type { ToolAnswer, ToolQuestion } from '../common/tool-question.ts';

/** The server learns that nobody answered before the call is given up. */
const LAST_WORD_MS = 2_000;

/**
 * Lets a tool call under way ask its run, which puts the question to a person.
 *
 * @param maxTotalTimeoutMs of the call, from now on
 * @returns `null` where the run cannot take a question now: it waits for this call in one piece.
 */
export function askRun(
  key: string,
  maxTotalTimeoutMs: number,
): ((question: ToolQuestion) => Promise<ToolAnswer>) | null {
  const context = Context.current();
  const { isLocal, workflowExecution } = context.info;
  if (isLocal || workflowExecution === undefined) return null;
  const endsAtMs = Date.now() + maxTotalTimeoutMs - LAST_WORD_MS;
  const { workflowId, runId } = workflowExecution;
  return async (question) => {
    const timeoutMs = endsAtMs - Date.now();
    if (timeoutMs <= 0) return { action: 'cancel' };
    try {
      // It ends with the call, in the run as well.
      const run = context.client.workflow.getHandle(workflowId, runId);
      const args: [unknown] = [{ key, question, timeoutMs }];
      return await run.executeUpdate<ToolAnswer, [unknown]>(TOOL_ASKS, { args });
    } catch (error) {
      // The server gets an answer all the same: its call is not lost for the sake of a question.
      context.log.warn('A question of a tool could not be put to a person', { key, error });
      return { action: 'cancel' };
    }
  };
}
